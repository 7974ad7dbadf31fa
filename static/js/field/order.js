/** An order's page and the form of a new issue: position, map, screens that stay open over a live refresh. */
import { find, findIfAllowed } from './here.js'
import { distance, fill, metresBetween } from './rules.js'
import { Sheet, stopsOf } from './sheet.js'
import { timeOf, words } from './words.js'

const ON_SITE = 50 // metres, as the evidence code LOC asks

function tellHere(form, here) {
  const card = form.querySelector('[data-here]')
  const { lon, lat } = form.dataset
  const far = lon ? metresBetween([here.lon, here.lat], [Number(lon), Number(lat)]) : null
  const isThere = far === null || far <= Math.max(ON_SITE, here.accuracy)
  card.classList.toggle('is-there', isThere)
  card.classList.remove('is-lost')
  const values = { m: Math.max(1, Math.round(here.accuracy)), at: timeOf(here.at), far: far === null ? '' : distance(far) }
  if (far !== null) card.querySelector('[data-here-title]').textContent = isThere ? words.here.onSite : words.here.away
  card.querySelector('[data-here-words]').textContent = fill(far === null ? words.here.found : words.here.near, values)
}

async function locate(form, again) {
  const card = form.querySelector('[data-here]')
  card.hidden = false
  const says = card.querySelector('[data-here-words]')
  says.textContent = words.here.asking
  try {
    const here = await find({ again })
    const { lon, lat, accuracy } = form.elements
    lon.value = here.lon.toFixed(7)
    lat.value = here.lat.toFixed(7)
    if (accuracy) accuracy.value = Math.round(here.accuracy * 10) / 10
    tellHere(form, here)
  } catch (error) {
    card.classList.add('is-lost')
    says.textContent = error.message
  }
}

/** The position is asked for when the form that needs it is opened, not before. */
function locateOpenForm() {
  for (const form of document.querySelectorAll('form[data-position]')) {
    const screen = form.closest('.ph-screen')
    const isOpen = !screen || screen.matches(':target, .is-open')
    if (!isOpen || form.dataset.located) continue
    form.dataset.located = '1'
    form.querySelector('[data-here-again]')?.addEventListener('click', () => locate(form, true))
    locate(form, false)
  }
}

/** A live refresh puts new elements in place; the one that the address names must stay open. */
function openNamed() {
  for (const screen of document.querySelectorAll('.ph-screen.is-open')) if (`#${screen.id}` !== location.hash && location.hash) screen.classList.remove('is-open')
  const named = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (named && named.classList.contains('ph-screen')) named.classList.add('is-open')
  document.body.classList.toggle('has-screen', Boolean(document.querySelector('.ph-screen:target, .ph-screen.is-open')))
  locateOpenForm()
}

const host = document.querySelector('[data-sheet]')
const sheet = host && new Sheet(host, { stops: stopsOf(), coins: true, route: true })
if (sheet) sheet.zoom = Math.min(sheet.zoom, 14)
const place = document.querySelector('.ph-place[data-lon]')

function standAt(here) {
  if (!here || !place) return
  sheet?.standAt(here)
  place.querySelector('[data-far]').textContent = distance(metresBetween([here.lon, here.lat], [Number(place.dataset.lon), Number(place.dataset.lat)]))
}

host?.addEventListener('field:locate', () => find({ again: true }).then(standAt, () => {}))
findIfAllowed().then(standAt)
addEventListener('hashchange', openNamed)
document.addEventListener('htmx:afterSettle', openNamed)
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && document.querySelector('.ph-screen:target')) location.hash = 'field'
})
openNamed()
