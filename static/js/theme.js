/** The switch between light, dark and the device's own wish, without leaving the page: a map stays where it is. */
const icons = (button, name) => {
  const use = button.querySelector('use')
  if (use) use.setAttribute('href', use.getAttribute('href').replace(/#.*/, `#i-${name}`))
}

document.addEventListener('submit', async (event) => {
  const form = event.target.closest('[data-theme-switch]')
  if (!form) return
  event.preventDefault()
  const themes = JSON.parse(form.dataset.themeSwitch)
  const button = form.querySelector('button')
  const at = themes.findIndex((theme) => theme.key === button.value)
  const body = new FormData(form)
  body.set('theme', button.value)
  document.documentElement.dataset.theme = button.value
  document.dispatchEvent(new CustomEvent('envmap:theme', { detail: { theme: button.value } }))
  for (const other of document.querySelectorAll('[data-theme-switch] button')) {
    other.value = themes[(at + 1) % themes.length].key
    other.title = themes[at].title
    other.querySelector('span').textContent = themes[at].word
    icons(other, themes[at].icon)
  }
  // Kept for the next page; without a connection the choice holds for this page alone.
  await fetch(form.action, { method: 'POST', body, redirect: 'manual' }).catch(() => {})
}, true)
