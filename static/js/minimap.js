/**
 * Small maps of office pages: the sheet and symbols of the workbench, with a few spots given by the page or by the rows
 * of a list (`data-key data-at="lon,lat" data-layer data-condition data-name`). Pointing at one lights the other.
 */
import { L } from './leaflet.js'
import { Basemap } from './map/basemap.js'
import { viewCanvas } from './map/canvas.js'
import { WORST_FIRST } from './map/conditions.js'
import { Glyphs, palette } from './map/paint.js'
import { toWorld } from './map/projection.js'
import { Symbols } from './map/symbols.js'

let sheet = null // one basemap a page, however many maps show it
const basemapOf = (language) => (sheet ??= fetch('/tiles/basemap.json').then((answer) => answer.json()).then((found) => new Basemap(found, language === 'en' ? 'en' : 'zh-hans')))
const CLOSEST = 15

/** The spots that the rows below `list` stand for; a row without a place is left out. Pure but for reading the DOM. */
export function spotsOf(list) {
  return [...list.querySelectorAll('[data-key][data-at]')].map((row) => {
    const [lon, lat] = row.dataset.at.split(',').map(Number)
    return { key: row.dataset.key, lon, lat, name: row.dataset.name ?? '', layer: row.dataset.layer ?? '', condition: row.dataset.condition }
  })
}

export class MiniMap {
  constructor(container) {
    this.container = container
    this.config = JSON.parse(container.dataset.miniMap)
    this.state = { shown: new Set(WORST_FIRST), selected: null, lit: null }
    this.colours = palette()
    this.map = L.map(container, { zoomControl: false, attributionControl: true, scrollWheelZoom: true, minZoom: 9, maxZoom: 18 })
    this.map.attributionControl.setPrefix('')
    L.control.scale({ imperial: false, position: container.closest('.mini-card') ? 'topleft' : 'bottomleft' }).addTo(this.map)
    const fonts = getComputedStyle(document.body).fontFamily
    this.symbols = new Symbols({
      // Each spot as a tile of its own, so that no place counts as crowded and becomes a ring.
      entries: () => this.items.map((item, x) => ({ items: [item], layer: item.layer, tile: { z: 0, x, y: 0 } })),
      state: this.state,
      glyphs: new Glyphs(this.config.sprite, () => this.overlay?.later()),
      fonts,
      colour: () => this.colours,
      basemap: () => this.basemap,
      free: () => ({ left: 0, top: 0, right: container.clientWidth, bottom: container.clientHeight }),
    })
    this.map.createPane('ground').classList.add('pane-ground')
    this.map.createPane('symbols').classList.add('pane-symbols')
    this.ground = viewCanvas((context, view) => this.basemap?.draw(context, view, this.colours), { pane: 'ground' })
    this.overlay = viewCanvas((context, view) => this.symbols.draw(context, view), { pane: 'symbols' })
    this.show(this.config.rows ? spotsOf(document.querySelector(this.config.rows) ?? container) : this.config.spots)
    this.fit(false)
    if (this.config.selected) this.choose(this.config.selected)
    this.ground.addTo(this.map)
    this.overlay.addTo(this.map)
    for (const mark of this.config.marks) this.mark(mark)
    basemapOf(this.config.language).then((basemap) => {
      this.basemap = basemap
      this.map.attributionControl.addAttribution(this.config.attribution || basemap.attribution)
      this.ground.later()
      this.overlay.later()
      container.dataset.drawn = 'true'
    })
    this.listen()
  }

  /** Other spots from now on. */
  show(spots) {
    this.spots = spots
    const named = new Set()
    this.items = spots.map(({ key, lon, lat, name, layer, condition }) => {
      const [x, y] = toWorld([lon, lat])
      const isFirst = !named.has(`${lon},${lat}`) // several matters of one place are named once
      named.add(`${lon},${lat}`)
      // A cell of its own: nothing here is drawn as a ring.
      return { kind: 'feature', id: key, key, cell: key, name: isFirst ? name : '', layer, condition, x, y, length: 0 }
    })
    this.symbols.changed()
    this.overlay.later?.()
  }

  /** All spots and marks in view; a lone one not closer than its surroundings need. */
  fit(animate = true) {
    const places = [...this.spots, ...this.config.marks].map(({ lat, lon }) => [lat, lon])
    if (places.length) return this.map.fitBounds(places, { padding: [48, 48], maxZoom: CLOSEST, animate })
    const [west, south, east, north] = this.config.bounds
    this.map.fitBounds([[south, west], [north, east]], { animate: false })
  }

  mark({ lon, lat, word, accuracy }) {
    if (accuracy) L.circle([lat, lon], { radius: accuracy, className: 'mark-reach', interactive: false }).addTo(this.map)
    L.circleMarker([lat, lon], { radius: 6, className: 'mark-point', interactive: true }).bindTooltip(word).addTo(this.map)
  }

  /** Symbols know rows by `layer/id`; rows name themselves by key. */
  find(key) {
    return this.spots.find((spot) => spot.key === key)
  }

  choose(key) {
    const spot = key && this.find(key)
    this.state.selected = spot ? `${spot.layer}/${spot.key}` : null
    this.overlay.later()
    if (spot && !this.map.getBounds().pad(-0.1).contains([spot.lat, spot.lon])) this.map.panTo([spot.lat, spot.lon], { animate: !matchMedia('(prefers-reduced-motion: reduce)').matches })
  }

  light(key) {
    const spot = key && this.find(key)
    const lit = spot ? `${spot.layer}/${spot.key}` : null
    if (lit === this.state.lit) return
    this.state.lit = lit
    this.overlay.later()
  }

  at(event) {
    return this.symbols.at(event.containerPoint.x, event.containerPoint.y, matchMedia('(pointer: coarse)').matches)
  }

  listen() {
    const tell = (name, detail) => this.container.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }))
    let over = null
    this.map.on('mousemove', (event) => {
      const key = this.at(event)?.id ?? null
      if (key === over) return
      over = key
      this.container.classList.toggle('is-over', Boolean(key))
      this.light(key)
      tell('minimap:over', { key })
    })
    this.map.on('click', (event) => tell('minimap:pick', { key: this.at(event)?.id ?? null }))
    this.map.on('moveend', () => tell('minimap:moved', { inside: (key) => this.isInView(key) }))
    const recolour = () => {
      this.colours = palette()
      this.ground.later()
      this.overlay.later()
    }
    document.addEventListener('envmap:theme', recolour)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour)
    new ResizeObserver(() => this.map.invalidateSize({ animate: false })).observe(this.container)
  }

  isInView(key) {
    const spot = this.find(key)
    return Boolean(spot) && this.map.getBounds().contains([spot.lat, spot.lon])
  }
}

const made = new WeakMap()

/** The small map of a container, made when it is first asked for. */
export function miniMapOf(container) {
  if (!made.has(container)) made.set(container, new MiniMap(container))
  return made.get(container)
}

const begin = (root) => root.querySelectorAll('[data-mini-map]').forEach(miniMapOf)
begin(document)
document.addEventListener('htmx:afterSettle', (event) => begin(event.target.parentElement ?? document))
