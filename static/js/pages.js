/**
 * Small helps of all pages. Every page works without them: forms are sent and answered by the server.
 */

import { tickClocks } from './clocks.js'
import { watchDrafts } from './drafts.js'
import { watchPosition } from './position.js'
import { watchUploads } from './uploads.js'

/** Demo accounts fill the form; the person still presses the button. */
function fillDemoAccount(button) {
  const form = document.querySelector('form[action$="/signin/"]')
  form.elements.username.value = button.dataset.fill
  form.elements.password.value = button.dataset.fillPassword
  form.querySelector('button.pri').focus()
}

/** A password can be looked at before it is sent; without script the button is not there. */
function reveal(button) {
  const input = button.parentElement.querySelector('input')
  const isShown = input.type === 'password'
  input.type = isShown ? 'text' : 'password'
  button.setAttribute('aria-pressed', String(isShown))
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

/** Whether something is typed or chosen in a form below `root` that a fresh copy would lose. */
function isBeingTyped(root) {
  const touched = (field) => {
    if (field.type === 'hidden') return field.name === 'attachments'
    if (field.type === 'file') return field.files.length > 0
    if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked
    if (field.tagName === 'SELECT') {
      const first = [...field.options].findLastIndex((option) => option.defaultSelected)
      return field.selectedIndex !== Math.max(first, 0)
    }
    return field.value !== field.defaultValue
  }
  const at = document.activeElement
  return (root.contains(at) && at.matches('input, textarea, select')) || [...root.querySelectorAll('input, textarea, select')].some(touched)
}

/** A live refresh must not take away what somebody is writing; the server says by the version if it has become stale. */
function keepTyping(event) {
  const root = event.target
  if (event.detail.requestConfig?.triggeringEvent?.type !== 'live' && event.detail.triggeringEvent?.type !== 'live') return
  if (root.matches?.('[data-keep-typing]') && isBeingTyped(root)) event.preventDefault()
}

/** Where there is no room for a pane a row's link opens its page. */
function panesOnlyWhereTheyFit(event) {
  if (event.target.matches?.('[data-pane]') && !document.getElementById('pane')?.parentElement.offsetParent) {
    event.preventDefault()
    location.assign(event.target.href)
  }
}

/** Links into folded parts open them: /field/…/#verb-report. */
function openNamedPart() {
  const part = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!part) return
  if (part.tagName === 'DETAILS') part.open = true
  part.scrollIntoView({ block: 'start' })
}

/** The row whose issue stands in the pane. */
function markChosen(event) {
  if (event.target.id !== 'pane') return
  for (const link of document.querySelectorAll('[data-pane]')) link.removeAttribute('aria-current')
  event.detail.requestConfig?.elt?.setAttribute('aria-current', 'true')
}

function watch(root) {
  watchUploads(root)
  watchPosition(root)
  watchDrafts(root)
  tickClocks(root)
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-fill]')
  if (button) fillDemoAccount(button)
  if (event.target.closest('[data-print]')) print()
  const shown = event.target.closest('[data-reveal]')
  if (shown) reveal(shown)
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
document.addEventListener('htmx:beforeRequest', keepTyping)
document.addEventListener('htmx:beforeRequest', panesOnlyWhereTheyFit)
document.addEventListener('htmx:afterSwap', markChosen)
document.addEventListener('htmx:afterSettle', (event) => watch(event.target.parentElement ?? document))
addEventListener('hashchange', openNamedPart)
setInterval(() => tickClocks(document), 60_000)
for (const button of document.querySelectorAll('[data-reveal], [data-print]')) button.hidden = false
openNamedPart()
watch(document)
document.querySelector('[data-take-focus]')?.focus()
