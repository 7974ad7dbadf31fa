/** Deadlines go on while a page stands open: the bar and the words of `.clock[data-due]`, by the words on <body>. */

const MINUTE = 60_000
const words = () => JSON.parse(document.body.dataset.clockWords || '{}')

/** A span of milliseconds in one pair of units at most. Pure. */
export function span(ms, w) {
  const minutes = Math.floor(ms / MINUTE)
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)]
  const put = (text, values) => text.replace(/\{(\w)\}/g, (_, key) => values[key])
  if (days >= 1) return put(!hours || days >= 10 ? w.days : w.daysHours, { d: days, h: hours })
  if (hours >= 1) return put(w.hoursMinutes, { h: hours, m: String(minutes % 60).padStart(2, '0') })
  return put(w.minutes, { m: minutes })
}

/** Tone, words and used-up part (0 to 1) of a clock. Pure. */
export function reading({ since, due, kind, now }, w) {
  const used = due <= since ? 1 : Math.min(Math.max((now - since) / (due - since), 0), 1)
  if (now >= due) return { tone: 'red', text: w.over.replace('{s}', span(now - due, w)), used }
  const text = (kind === 'accept' ? w.leftToAccept : w.left).replace('{s}', span(due - now, w))
  return { tone: used >= 0.75 ? 'amber' : 'ok', text, used }
}

/** Brings all clocks below `root` up to date. */
export function tickClocks(root) {
  const w = words()
  if (!w.left) return
  for (const clock of root.querySelectorAll('.clock[data-due]')) {
    const { due, since, kind } = clock.dataset
    const found = reading({ due: Date.parse(due), since: Date.parse(since), kind, now: Date.now() }, w)
    clock.classList.remove('ck-ok', 'ck-amber', 'ck-red')
    clock.classList.add(`ck-${found.tone}`)
    clock.querySelector('.ck-t').textContent = found.text
    clock.querySelector('.ck-fg').setAttribute('width', (found.used * 100).toFixed(1))
  }
}
