/** The map page: wires the sheet, the dock, the panel and the live connection together. Decisions live in the other modules. */
import { L } from '../leaflet.js'
import { connectLive } from '../live.js'
import { Basemap } from './basemap.js'
import { viewCanvas } from './canvas.js'
import { WORST_FIRST } from './conditions.js'
import { Dock } from './dock.js'
import { Glyphs, palette } from './paint.js'
import { Panel } from './panel.js'
import { tilesOver, toLonLat, toWorld } from './projection.js'
import { addSheets } from './raster.js'
import { sourceZoom } from './scene.js'
import { Symbols, keyOf, ringName } from './symbols.js'
import { TileStore } from './tiles.js'

const config = JSON.parse(document.getElementById('map-config').textContent)
const byId = (id) => document.getElementById(id)
const map = window.leafletmapmap
const fonts = getComputedStyle(document.body).fontFamily
const isNarrow = () => matchMedia('(max-width: 767px)').matches
const isTouch = matchMedia('(pointer: coarse)')

const state = {
  shown: new Set(WORST_FIRST),
  on: new Set(config.layers.map((layer) => layer.key)),
  selected: null,
  lit: null,
}

/** Calls `act` once for a burst of calls, `ms` after the first of them. */
function soon(ms, act) {
  let timer = 0
  return () => {
    timer ||= setTimeout(() => {
      timer = 0
      act()
    }, ms)
  }
}

// The sheet -----------------------------------------------------------------------------------------------------------

let colours = palette()
let basemap = null
const glyphs = new Glyphs(config.sprite, () => overlay.later())
const symbols = new Symbols({
  items: () => store.items([...state.on]),
  state, glyphs, fonts,
  colour: () => colours,
  basemap: () => (config.sheets.length ? null : basemap),
})
map.createPane('ground').classList.add('pane-ground')
map.createPane('symbols').classList.add('pane-symbols')
const ground = viewCanvas((context, view) => basemap?.draw(context, view, colours), { pane: 'ground' })
const overlay = viewCanvas((context, view) => symbols.draw(context, view), { pane: 'symbols' })
const refused = new Set()
const store = new TileStore(
  () => {
    symbols.changed()
    overlay.later()
    listSoon()
  },
  (key, status) => {
    if (status === 404 || refused.has(key)) return
    refused.add(key)
    say(config.words.unread.replace('{name}', config.layers.find((layer) => layer.key === key)?.name ?? key))
  },
)

/** The free part of the view, between the panels: what is fitted and centred lies there. */
function padding() {
  const sheet = byId('panel').hidden ? 0 : byId('panel').offsetHeight
  if (isNarrow()) return { paddingTopLeft: [16, 64], paddingBottomRight: [16, sheet ? sheet + 56 : 40] }
  const dock = byId('dock').classList.contains('is-folded') ? 60 : byId('dock').offsetWidth + 12
  const panel = byId('panel').hidden ? 0 : byId('panel').offsetWidth + 12
  return { paddingTopLeft: [dock + 20, 24], paddingBottomRight: [panel + 64, 84] }
}

function showWhole(options = {}) {
  const [west, south, east, north] = config.bounds
  map.fitBounds([[south, west], [north, east]], { ...padding(), animate: false, ...options })
}

function ask() {
  const bounds = map.getPixelBounds()
  const scale = 256 * 2 ** map.getZoom()
  const box = [bounds.min.x / scale, bounds.min.y / scale, bounds.max.x / scale, bounds.max.y / scale]
  // Nothing of this instance lies far outside its area: tiles out there need not be asked for.
  const [west, south, east, north] = config.bounds
  const wide = (east - west) / 2
  const [left, top] = toWorld([west - wide, north + wide])
  const [right, bottom] = toWorld([east + wide, south - wide])
  const cut = [Math.max(box[0], left), Math.max(box[1], top), Math.min(box[2], right), Math.min(box[3], bottom)]
  const tiles = cut[0] < cut[2] && cut[1] < cut[3] ? tilesOver(cut, sourceZoom(map.getZoom())) : []
  store.want([...state.on], tiles)
}

const listSoon = soon(60, () => {
  const size = map.getSize()
  dock.show(symbols.inView({ width: size.x, height: size.y }))
  byId('workbench').dataset.settled = String(store.isComplete)
})

// Choosing ------------------------------------------------------------------------------------------------------------

const tip = byId('tip')
let cameFrom = null

function open(item) {
  if (item.kind === 'cluster') {
    const [lon, lat] = toLonLat([item.x, item.y])
    map.setView([lat, lon], Math.min(map.getZoom() + 2, 18))
    return
  }
  select(keyOf(item), { at: [item.x, item.y] })
}

function select(key, { at = null, focus = true } = {}) {
  if (!state.selected) cameFrom = document.activeElement
  state.selected = key
  if (isNarrow()) closeSheets()
  dock.markSelected()
  overlay.later()
  history.replaceState(null, '', `#${key}`)
  panel.show(key, { focus }).then(() => at && uncover(at))
}

/** Moves the map so that a place is not under a panel. */
function uncover(world) {
  const [lon, lat] = toLonLat(world)
  const { paddingTopLeft, paddingBottomRight } = padding()
  map.panInside([lat, lon], {
    paddingTopLeft: L.point(paddingTopLeft).add([24, 24]),
    paddingBottomRight: L.point(paddingBottomRight).add([24, 24]),
    animate: !matchMedia('(prefers-reduced-motion: reduce)').matches,
  })
}

function unselect() {
  state.selected = null
  panel.close()
  dock.markSelected()
  overlay.later()
  history.replaceState(null, '', location.pathname)
  ;(cameFrom?.isConnected && cameFrom !== document.body ? cameFrom : byId('view-list')).focus({ preventScroll: true })
  cameFrom = null
}

function light(key) {
  if (key === state.lit) return
  state.lit = key
  overlay.later()
}

function point(event) {
  const item = symbols.at(event.containerPoint.x, event.containerPoint.y, false)
  light(item?.key ?? null)
  map.getContainer().classList.toggle('is-over', Boolean(item))
  tip.hidden = !item
  if (!item) return
  const words = item.kind === 'cluster' ? [ringName(item.counts, config)] : [item.name, `${config.conditions[item.condition]} · ${item.code}`]
  tip.replaceChildren(...words.map((text, n) => Object.assign(document.createElement(n ? 'small' : 'b'), { textContent: text })))
  const size = map.getSize()
  const x = Math.min(item.px + 16, size.x - tip.offsetWidth - 8)
  tip.style.transform = `translate(${x}px, ${Math.max(8, item.py - tip.offsetHeight - item.radius - 6)}px)`
}

map.on('mousemove', point)
map.on('mouseout', () => {
  tip.hidden = true
  light(null)
})
map.on('click', (event) => {
  const item = symbols.at(event.containerPoint.x, event.containerPoint.y, isTouch.matches)
  if (item) open(item)
})
map.on('moveend', () => {
  ask()
  listSoon()
})

// Parts ---------------------------------------------------------------------------------------------------------------

const dock = new Dock({
  config, state,
  onFilter: () => {
    ask()
    symbols.changed()
    overlay.later()
    listSoon()
  },
  onOpen: open,
  onLight: light,
})
const panel = new Panel(byId('panel'), {
  words: config.words,
  onClose: unselect,
  onSay: say,
  onGone: () => {
    say(config.words.gone)
    unselect()
  },
  onShown: (article) => {
    if (article.dataset.at && !state.placed && location.hash) goTo(article.dataset.at)
    state.placed = true
  },
})

/** Shows a place that came with the page's address. */
function goTo(at) {
  const [lon, lat] = at.split(',').map(Number)
  map.setView([lat, lon], Math.max(map.getZoom(), 15), { animate: false })
  uncover(toWorld([lon, lat]))
}

/** Says something that happened: two at most, ten seconds each, longer while pointed at. */
function say(text, href = null) {
  const toast = document.createElement('p')
  toast.className = 'toast'
  if (href) toast.append(Object.assign(document.createElement('a'), { href, textContent: text }))
  else toast.textContent = text
  byId('toasts').append(toast)
  while (byId('toasts').children.length > 2) byId('toasts').firstChild.remove()
  const leave = () => (toast.matches(':hover, :focus-within') ? setTimeout(leave, 2_000) : toast.remove())
  setTimeout(leave, 10_000)
}

const tallySoon = soon(300, async () => {
  const answer = await fetch('/api/v1/layers?limit=1000').catch(() => null)
  if (!answer?.ok) return
  const fresh = new Map((await answer.json()).items.map((layer) => [layer.key, layer]))
  config.layers = config.layers.filter((layer) => fresh.has(layer.key))
  for (const layer of config.layers) {
    const { count, by_condition: byCondition } = fresh.get(layer.key)
    Object.assign(layer, { count, by_condition: byCondition })
  }
  dock.showTallies()
})

const tickSoon = soon(150, async () => {
  const answer = await fetch('/map/alarms/').catch(() => null)
  if (!answer?.ok) return
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  byId('ticker').replaceChildren(...document.adoptNode(fresh.body).childNodes)
})
const panelSoon = soon(120, () => panel.refresh())

byId('ticker').addEventListener('click', (event) => {
  const key = event.target.closest('[data-feature]')?.dataset.feature
  if (key) {
    state.placed = false
    select(key)
  }
})

// What happens out there ----------------------------------------------------------------------------------------------

connectLive({
  onFact(fact) {
    const place = fact.location ? toWorld(fact.location.coordinates) : null
    if (fact.layer) {
      store.stale(fact.layer, place)
      tallySoon()
    }
    if (fact.type.startsWith('alarm.')) tickSoon()
    if (fact.type === 'alarm.raised') {
      if (place) symbols.pulse(place, () => overlay.later())
      byId('say').textContent = config.words.raised.replace('{name}', fact.feature ?? '')
    }
    if (state.selected === `${fact.layer}/${fact.feature_id}`) panelSoon()
  },
  onReset() {
    config.layers.forEach((layer) => store.stale(layer.key))
    tallySoon()
    tickSoon()
    panelSoon()
  },
  onReading(reading) {
    if (state.selected === `${reading.layer}/${reading.feature_id}`) panel.take(reading)
  },
  onState({ up }) {
    byId('live-state').classList.toggle('is-up', up)
    if (up && state.wasDown) say(config.words.back)
    state.wasDown = !up
  },
})
document.addEventListener('live:signed-out', () => say(config.words.signedOut, '/signin/'))

// Tools and keys ------------------------------------------------------------------------------------------------------

byId('zoom-in').addEventListener('click', () => map.zoomIn())
byId('zoom-out').addEventListener('click', () => map.zoomOut())
byId('whole').addEventListener('click', () => showWhole())
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
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colours = palette()
  ground.now()
  overlay.now()
})

// The beginning -------------------------------------------------------------------------------------------------------

map.attributionControl.setPrefix('')
showWhole()
addSheets(map, config.sheets)
if (!config.sheets.length) ground.addTo(map)
overlay.addTo(map)
ask()
fetch('/tiles/basemap.json')
  .then((answer) => answer.json())
  .then((document) => {
    basemap = new Basemap(document, config.language === 'en' ? 'en' : 'zh-hans')
    map.attributionControl.addAttribution(config.attribution || basemap.attribution)
    ground.later()
    overlay.later()
  })
/** Opens what the address names: at the start, by the back button, or when somebody follows a link to the open map. */
function follow() {
  const asked = /^#([\w-]+\/\d+)$/.exec(location.hash)?.[1]
  if (asked && asked !== state.selected) select(asked, { focus: false })
}

follow()
window.addEventListener('hashchange', follow)
