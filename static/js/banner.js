/**
 * What a page says about its live connection: since when it shows old things, and on return what was caught up.
 * Both bars take their own height; nothing lies under them. Their words come with the page (base.html).
 */
const SETTLES = 1_500 // ms without a further message after which the replay is over
const STANDS = 5_000 // ms

const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Shanghai', timeStyle: 'medium' })

/** The sentence of a return. Pure. `words`: {none, one, many, anew}; `caught` messages; `isAnew`: all was read again. */
export function sentence(words, { caught, isAnew }) {
  if (isAnew) return words.anew
  if (caught === 0) return words.none
  return (caught === 1 ? words.one : words.many).replace('{n}', caught)
}

/** One connection's share of the two bars. `retry()` is what the button does. */
export function connectionBanner(retry) {
  const [stale, back] = ['stale-banner', 'back-banner'].map((id) => document.getElementById(id))
  let heardAt = Date.now() // the page itself is as old as that
  let returning = null
  let isAnew = false // a reset comes before the connection counts as up
  let settle = 0
  stale?.querySelector('button')?.addEventListener('click', retry)

  function tell() {
    if (!back || !returning) return
    back.querySelector('span').textContent = sentence(back.dataset, returning)
    returning = null
    back.hidden = false
    setTimeout(() => (back.hidden = true), STANDS)
  }

  const later = () => {
    clearTimeout(settle)
    settle = setTimeout(tell, SETTLES)
  }

  return {
    /** A message came; `isFact` when it is one of those that are caught up, `isReset` when all is read again. */
    heard({ isFact = false, isReset = false } = {}) {
      heardAt = Date.now()
      isAnew ||= isReset
      if (!returning || !(isFact || isReset)) return
      if (isFact) returning.caught += 1
      returning.isAnew ||= isReset
      later()
    },
    down() {
      clearTimeout(settle)
      returning = null
      isAnew = false
      if (back) back.hidden = true
      if (!stale || !stale.hidden) return
      stale.querySelector('span').textContent = stale.dataset.said.replace('{time}', clock.format(heardAt))
      stale.hidden = false
    },
    up() {
      if (!stale || stale.hidden) return
      stale.hidden = true
      returning = { caught: 0, isAnew }
      later()
    },
  }
}
