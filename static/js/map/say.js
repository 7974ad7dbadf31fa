/** Says something that happened: two at most, ten seconds each, longer while pointed at. */
export function say(text, href = null) {
  const place = document.getElementById('toasts')
  const toast = document.createElement('p')
  toast.className = 'toast'
  if (href) toast.append(Object.assign(document.createElement('a'), { href, textContent: text }))
  else toast.textContent = text
  place.append(toast)
  while (place.children.length > 2) place.firstChild.remove()
  const leave = () => (toast.matches(':hover, :focus-within') ? setTimeout(leave, 2_000) : toast.remove())
  setTimeout(leave, 10_000)
}
