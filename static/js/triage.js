/** A list that is worked through: by keyboard, beside its map, with what came since the last look, several at once. */
import { bind } from './keys.js'
import { miniMapOf, spotsOf } from './minimap.js'

const words = document.getElementById('triage-words')?.dataset ?? {}
const list = () => document.querySelector('[data-triage]')
const rows = () => [...list().querySelectorAll('[data-key]')].filter((row) => !row.hidden)
const map = () => {
  const container = document.querySelector('.work-side .mini-map')
  return container?.offsetWidth ? miniMapOf(container) : null
}
let at = null // the key of the row that the keyboard stands on
const chosen = new Set()

const rowOf = (key) => list().querySelector(`[data-key="${CSS.escape(key)}"]`)
const linkOf = (row) => row?.querySelector('a.orow-title')

function stand(row, { focus = true } = {}) {
  if (!row) return false
  for (const other of list().querySelectorAll('.is-at')) other.classList.remove('is-at')
  row.classList.add('is-at')
  at = row.dataset.key
  if (focus) linkOf(row).focus({ preventScroll: true })
  row.scrollIntoView({ block: 'nearest' })
  map()?.choose(at)
  peek(at)
}

function step(by) {
  const all = rows()
  const now = all.findIndex((row) => row.dataset.key === at)
  return stand(all[now < 0 ? 0 : Math.max(0, Math.min(all.length - 1, now + by))])
}

/** A few words about the row beside the map; only where there is a map to stand on. */
let asked = null
async function peek(key) {
  const place = document.getElementById('peek')
  if (!place || !map() || list().dataset.triage !== 'orders') return
  asked = key
  if (!key) return void (place.hidden = true)
  const answer = await fetch(`/orders/${encodeURIComponent(key)}/peek/`).catch(() => null)
  if (asked !== key || !answer?.ok) return
  const found = new DOMParser().parseFromString(await answer.text(), 'text/html')
  place.replaceChildren(...document.adoptNode(found.body).childNodes)
  place.hidden = false
}

// The chosen issue lies over the map until it is closed -----------------------------------------------------------------

const emptyPane = document.getElementById('pane')?.cloneNode(true)
function closePane() {
  const pane = document.getElementById('pane')
  if (!pane?.querySelector('#issue')) return false
  pane.replaceChildren(...emptyPane.cloneNode(true).childNodes)
  for (const link of document.querySelectorAll('[data-pane][aria-current]')) link.removeAttribute('aria-current')
  linkOf(at && rowOf(at))?.focus({ preventScroll: true })
}
document.addEventListener('click', (event) => event.target.closest('[data-pane-close]') && closePane())
bind('Escape', words.close, closePane, { where: () => Boolean(emptyPane) })

// Several at once ------------------------------------------------------------------------------------------------------

function showChosen() {
  const bar = list().querySelector('.bulk')
  if (!bar) return
  bar.hidden = chosen.size === 0
  const said = bar.querySelector('[data-chosen]')
  said.textContent = said.dataset.chosen.replace('{n}', chosen.size)
}

function choose(row) {
  const box = row?.querySelector('input[type=checkbox]')
  if (!box) return false
  box.checked = !box.checked
  box.dispatchEvent(new Event('change', { bubbles: true }))
}

// Following the map ----------------------------------------------------------------------------------------------------

let inside = null // while the list follows the map: whether a row's place is in view
function follow() {
  for (const row of list().querySelectorAll('[data-key]')) row.hidden = Boolean(inside) && !inside(row.dataset.key)
}

document.addEventListener('change', (event) => {
  if (event.target.matches('[data-triage] input[name=number]')) {
    if (event.target.checked) chosen.add(event.target.value)
    else chosen.delete(event.target.value)
    showChosen()
  }
  if (event.target.matches('[data-follow]')) {
    inside = event.target.checked && map() ? (key) => map().isInView(key) : null
    follow()
  }
})
document.addEventListener('minimap:moved', () => inside && follow())
document.addEventListener('minimap:over', (event) => {
  for (const row of list().querySelectorAll('.is-lit')) row.classList.remove('is-lit')
  if (event.detail.key) rowOf(event.detail.key)?.classList.add('is-lit')
})
document.addEventListener('minimap:pick', (event) => {
  if (event.detail.key) stand(rowOf(event.detail.key), { focus: false })
  else peek(null)
})
document.addEventListener('pointerover', (event) => {
  const row = event.target.closest?.('[data-triage] [data-key]')
  map()?.light(row?.dataset.key ?? null)
})

// What a live refresh must not take away: where one stands, what one has chosen, what the map shows.
document.addEventListener('htmx:afterSettle', () => {
  if (!list()) return
  for (const key of [...chosen]) {
    const box = rowOf(key)?.querySelector('input[type=checkbox]')
    if (box) box.checked = true
    else chosen.delete(key)
  }
  showChosen()
  if (at) rowOf(at)?.classList.add('is-at')
  map()?.show(spotsOf(list()))
  follow()
})

// Left behind: the list has been looked at. A glance of less than two seconds does not count.
const opened = performance.now()
let isNoted = false
function noteLook() {
  const token = document.querySelector('[name=csrfmiddlewaretoken]')?.value
  if (isNoted || !list()?.dataset.looked || !token || performance.now() - opened < 2_000) return
  isNoted = true
  const body = new FormData()
  body.append('csrfmiddlewaretoken', token)
  navigator.sendBeacon(list().dataset.looked, body)
}
addEventListener('pagehide', noteLook)

bind('j ArrowDown', words.next, (event) => (event.key === 'ArrowDown' && !event.target.closest('[data-triage]') ? false : step(1)))
bind('k ArrowUp', words.previous, (event) => (event.key === 'ArrowUp' && !event.target.closest('[data-triage]') ? false : step(-1)))
bind('Enter', words.open, () => (at ? linkOf(rowOf(at))?.click() : false))
if (document.querySelector('[data-triage] .bulk')) bind('x', words.choose, () => (at ? choose(rowOf(at)) : false))
if (list()?.dataset.triage === 'issues') {
  bind('d', words.dispatch, () => {
    const field = document.querySelector('#pane #verb-dispatch :is(select, textarea)')
    if (field) return void field.focus()
    return at ? void linkOf(rowOf(at)).click() : false
  })
}
