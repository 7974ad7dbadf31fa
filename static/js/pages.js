/**
 * Small helps of all pages. Every page works without them: forms are sent and answered by the server.
 */

/** Demo accounts fill the form; the person still presses the button. */
function fillDemoAccount(button) {
  const form = document.querySelector('form[action$="/signin/"]')
  form.elements.username.value = button.dataset.fill
  form.elements.password.value = button.dataset.fillPassword
  form.querySelector('button').focus()
}

/** A form is sent once: its second press would only be answered with the first one's result (client_uuid). */
function guardDoubleSubmit(event) {
  const form = event.target
  if (event.defaultPrevented || form.method !== 'post') return
  if (form.dataset.sent) {
    event.preventDefault()
    return
  }
  form.dataset.sent = '1'
  // A page that comes back from the browser's cache must be able to send again.
  addEventListener('pageshow', () => delete form.dataset.sent, { once: true })
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-fill]')
  if (button) fillDemoAccount(button)
  for (const open of document.querySelectorAll('details.person[open]')) {
    if (!open.contains(event.target)) open.open = false
  }
})
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  for (const open of document.querySelectorAll('details.person[open]')) {
    open.open = false
    open.querySelector('summary').focus()
  }
})
document.addEventListener('submit', guardDoubleSubmit)
document.querySelector('[data-take-focus]')?.focus()
