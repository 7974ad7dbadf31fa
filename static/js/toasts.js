/** Short words about what has just happened, with one thing to do about it. Never for alarms or errors that need an answer. */
const STANDS = 10_000

/** Where toasts stand: bottom left, spoken politely. */
function place() {
  let at = document.getElementById('toasts')
  if (!at) {
    at = Object.assign(document.createElement('div'), { id: 'toasts', className: 'toast-place' })
    at.setAttribute('role', 'status')
    document.body.append(at)
  }
  return at
}

/**
 * Says `text`; two at most, ten seconds each, longer while pointed at or focused.
 * `action`: the word of its one button or link; `href` where the link leads, or `act()` what the button does.
 */
export function toast(text, { href = null, action = null, act = null } = {}) {
  const one = document.createElement('p')
  one.className = 'toast'
  one.append(Object.assign(document.createElement('span'), { textContent: text }))
  if (action && href) one.append(Object.assign(document.createElement('a'), { href, textContent: action }))
  else if (action && act) {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: action })
    button.addEventListener('click', () => {
      one.remove()
      act()
    }, { once: true })
    one.append(button)
  }
  const at = place()
  at.append(one)
  while (at.children.length > 2) at.firstChild.remove()
  const leave = () => (one.matches(':hover, :focus-within') ? setTimeout(leave, 2_000) : one.remove())
  setTimeout(leave, STANDS)
  return one
}
