/** The buttons beside the map, the sheets of the narrow page, and the keys. */
import { L } from '../leaflet.js'
import { WORST_FIRST } from './conditions.js'
import { isNarrow } from './sheet.js'

const byId = (id) => document.getElementById(id)

export function bindTools({ map, sheet, dock, config, state, say, unselect }) {
  byId('zoom-in').addEventListener('click', () => map.zoomIn())
  byId('zoom-out').addEventListener('click', () => map.zoomOut())
  byId('whole').addEventListener('click', () => sheet.whole())
  byId('locate').addEventListener('click', () => map.locate({ setView: true, maxZoom: 16, enableHighAccuracy: true }))
  let here = null
  map.on('locationfound', (event) => {
    here?.remove()
    here = L.circle(event.latlng, { radius: event.accuracy, className: 'here', interactive: false }).addTo(map)
    say(config.words.located)
  })
  map.on('locationerror', (event) => say(config.words.notLocated.replace('{why}', event.message)))

  function fold() {
    const isFolded = byId('dock').classList.toggle('is-folded')
    byId('fold').setAttribute('aria-expanded', String(!isFolded))
  }

  function closeSheets() {
    byId('dock').classList.remove('is-open')
    document.querySelector('[data-sheet]').setAttribute('aria-expanded', 'false')
  }

  byId('fold').addEventListener('click', () => (isNarrow() ? closeSheets() : fold()))
  document.querySelector('[data-sheet]').addEventListener('click', (event) => {
    const isOpen = byId('dock').classList.toggle('is-open')
    event.currentTarget.setAttribute('aria-expanded', String(isOpen))
  })

  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && state.selected) return unselect()
    if (event.target.closest('input, textarea, select, [contenteditable]') || event.ctrlKey || event.metaKey || event.altKey) return
    if (/^[1-5]$/.test(event.key)) dock.filter(WORST_FIRST[Number(event.key) - 1])
    else if (event.key === '0') dock.filter(null)
    else if (event.key.toLowerCase() === 'l') fold()
    else if (event.key.toLowerCase() === 'd') document.getElementById('dispatch-unit')?.focus()
    else if (event.key.toLowerCase() === 'a') byId('ticker').querySelector('.ticker-item')?.click()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => sheet.recolour())
  return { closeSheets }
}
