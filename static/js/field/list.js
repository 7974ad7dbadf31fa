/** The list of orders: how far each is, by deadline or by distance, and all of them on a small map. */
import { find, findIfAllowed } from './here.js'
import { distance, metresBetween } from './rules.js'
import { Sheet, stopsOf } from './sheet.js'

let here = null
let byDistance = sessionStorage.getItem('field-sort') === 'distance'
let sheet = null

const cards = () => [...document.querySelectorAll('.ph-list > .ph-card')]
const placeOf = (card) => (card.dataset.lon ? [Number(card.dataset.lon), Number(card.dataset.lat)] : null)
const farOf = (card) => (here && placeOf(card) ? metresBetween([here.lon, here.lat], placeOf(card)) : Infinity)

function arrange() {
  const list = document.querySelector('.ph-list')
  const all = cards()
  all.forEach((card, n) => (card.dataset.first ??= n))
  for (const card of all) {
    const far = farOf(card)
    card.querySelector('[data-far]').textContent = Number.isFinite(far) ? distance(far) : ''
  }
  const isFar = byDistance && here
  const sorted = [...all].sort((a, b) => (isFar ? farOf(a) - farOf(b) : 0) || a.dataset.first - b.dataset.first)
  if (sorted.some((card, n) => card !== all[n])) list.append(...sorted)
  sorted.forEach((card, n) => (card.querySelector('[data-stop]').textContent = n + 1))
  sheet?.sortBy(sorted.map((card) => card.dataset.order))
  const button = document.querySelector('[data-sort]')
  if (!button) return
  button.setAttribute('aria-pressed', `${Boolean(isFar)}`)
  button.querySelector('[data-sort-word]').textContent = isFar ? button.dataset.byDeadline : button.dataset.byDistance
}

async function toggle() {
  const says = document.querySelector('.ph-map > [data-here-words]')
  if (!byDistance || !here) {
    try {
      here = await find()
      sheet?.standAt(here)
      byDistance = true
      says.textContent = ''
    } catch (error) {
      byDistance = false
      says.textContent = error.message
    }
  } else byDistance = false
  sessionStorage.setItem('field-sort', byDistance ? 'distance' : 'deadline')
  arrange()
}

function start() {
  const host = document.querySelector('[data-sheet]')
  if (host && !host.querySelector('canvas')) {
    sheet?.close()
    sheet = new Sheet(host, { stops: stopsOf(), route: true })
    if (here) sheet.standAt(here)
    host.addEventListener('field:locate', async () => {
      try {
        here = await find({ again: true })
        sheet.standAt(here)
        arrange()
      } catch (error) {
        host.querySelector('[data-here-words]').textContent = error.message
      }
    })
    host.querySelector('[data-sort]').addEventListener('click', toggle)
  }
  arrange()
}

start()
document.addEventListener('htmx:afterSettle', (event) => event.target.id === 'field-orders' && start())
findIfAllowed().then((found) => {
  if (!found) return
  here = found
  sheet?.standAt(found)
  arrange()
})
