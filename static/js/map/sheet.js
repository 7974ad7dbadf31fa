/** The sheet: ground, symbols and what the tiles hold, on one Leaflet map; and where on it the panels leave room. */
import { L } from '../leaflet.js'
import { Basemap } from './basemap.js'
import { viewCanvas } from './canvas.js'
import { Glyphs, palette } from './paint.js'
import { tilesOver, toLonLat, toWorld } from './projection.js'
import { addSheets } from './raster.js'
import { CLUSTERED_BELOW, boundsOf, sourceZoom } from './scene.js'
import { queryOf } from './state.js'
import { Symbols } from './symbols.js'
import { TileStore } from './tiles.js'

const byId = (id) => document.getElementById(id)
const FLIGHT = 0.6 // seconds at most
export const isNarrow = () => matchMedia('(max-width: 767px)').matches
const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches

export class Sheet {
  /** @param {object} wiring map (Leaflet), config, state, onItems() when something else is drawn, onFetching() when tiles go and come, onUnread(layer) */
  constructor({ map, config, state, onItems = () => {}, onFetching = () => {}, onUnread = () => {} }) {
    Object.assign(this, { map, config, state })
    this.colours = palette()
    this.basemap = null
    const fonts = getComputedStyle(document.body).fontFamily
    const glyphs = new Glyphs(config.sprite, () => this.overlay?.later())
    this.symbols = new Symbols({
      entries: () => this.store.entries([...state.on]),
      free: () => this.free(),
      state, glyphs, fonts,
      colour: () => this.colours,
      basemap: () => (config.sheets.length ? null : this.basemap),
    })
    map.createPane('ground').classList.add('pane-ground')
    map.createPane('symbols').classList.add('pane-symbols')
    this.ground = viewCanvas((context, view) => this.basemap?.draw(context, view, this.colours), { pane: 'ground' })
    this.overlay = viewCanvas((context, view) => {
      this.symbols.draw(context, view)
      // The list follows what is drawn; that something is only lit up is no news to it.
      const { x, y } = map.getPixelBounds().min
      const said = `${this.symbols.key} ${x} ${y}`
      if (said !== this.said) onItems()
      this.said = said
    }, { pane: 'symbols' })
    const refused = new Set()
    this.store = new TileStore(
      () => {
        this.changed()
        onFetching()
      },
      (key, status) => {
        if (status === 404 || refused.has(key)) return
        refused.add(key)
        onUnread(key)
      },
    )
  }

  /** Draws for the first time; the view must have been set. */
  begin() {
    const { map, config } = this
    map.attributionControl.setPrefix('')
    addSheets(map, config.sheets)
    if (!config.sheets.length) this.ground.addTo(map)
    this.overlay.addTo(map)
    fetch('/tiles/basemap.json')
      .then((answer) => answer.json())
      .then((document) => {
        this.basemap = new Basemap(document, config.language === 'en' ? 'en' : 'zh-hans')
        if (!config.sheets.length) map.attributionControl.addAttribution(config.attribution || this.basemap.attribution)
        this.ground.later()
        this.overlay.later()
      })
      .catch(() => {})
  }

  /** Whether all that is asked for is there and drawn. */
  get isSettled() {
    return this.store.isComplete && !this.store.isHeld && this.symbols.drawnVersion === this.symbols.version
  }

  /** What is shown has become something else. */
  changed() {
    this.symbols.changed()
    this.overlay.later()
  }

  /** Something is drawn otherwise: selected, pointed at. */
  redraw() {
    this.overlay.later()
  }

  /** The theme has changed. */
  recolour() {
    this.colours = palette()
    this.ground.now()
    this.overlay.now()
  }

  /** The free part of the view, between the panels: what is fitted and centred lies there. */
  padding() {
    const panel = byId('panel')
    const isShown = !panel.hidden
    if (matchMedia('(max-width: 1023px)').matches) {
      const dock = isNarrow() || !byId('dock').offsetWidth ? 0 : byId('dock').offsetWidth + 12
      return { paddingTopLeft: [dock + 16, isNarrow() ? 112 : 64], paddingBottomRight: [16, isShown ? panel.offsetHeight + 16 : 72] }
    }
    const dock = byId('dock').offsetWidth + 12
    const table = byId('table')
    return {
      paddingTopLeft: [dock + 20, 64],
      paddingBottomRight: [(isShown ? panel.offsetWidth + 12 : 0) + 64, table.hidden ? 84 : table.offsetHeight + 96],
    }
  }

  /** The free part as edges in px of the view. */
  free() {
    const { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom] } = this.padding()
    const { x: width, y: height } = this.map.getSize()
    const tools = document.querySelector('.map-tools')
    return {
      left: left - 20, top: top - 8, right: width - Math.max(0, right - 64), bottom: height - bottom + 20,
      tools: [tools.offsetTop, tools.offsetTop + tools.offsetHeight],
    }
  }

  /** Fits [west, south, east, north] into the free part. */
  fit([west, south, east, north], options = {}) {
    this.map.fitBounds([[south, west], [north, east]], { ...this.padding(), animate: false, ...options })
  }

  whole() {
    this.fit(this.config.bounds)
  }

  /** The middle of the free part lies at [lon, lat]; a flight where the way is short, else a jump. */
  goTo([lon, lat], zoom = this.map.getZoom()) {
    const { map } = this
    const { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom] } = this.padding()
    const to = map.project([lat, lon], zoom).add([(right - left) / 2, (bottom - top) / 2])
    const size = map.getSize()
    const isFar = map.project(map.getCenter(), zoom).distanceTo(to) > 2 * Math.max(size.x, size.y)
    map.setView(map.unproject(to, zoom), zoom, { animate: !isStill() && !isFar && zoom === map.getZoom(), duration: FLIGHT })
  }

  /** Zooms to what a ring stands for: the bounds of the cells that are joined in it, at least a step nearer. */
  zoomTo({ x, y, cells }) {
    const zoom = this.map.getZoom()
    const [left, top, right, bottom] = boundsOf(cells, zoom < CLUSTERED_BELOW ? sourceZoom(zoom) : Math.floor(zoom))
    const [[west, north], [east, south]] = [toLonLat([left, top]), toLonLat([right, bottom])]
    const { paddingTopLeft, paddingBottomRight } = this.padding()
    const room = L.point(paddingTopLeft).add(paddingBottomRight)
    const fitting = this.map.getBoundsZoom([[south, west], [north, east]], false, room)
    this.goTo(toLonLat([x, y]), Math.min(Math.max(fitting, zoom + 1), zoom + 3, this.map.getMaxZoom()))
  }

  /** West, south, east, north of the free part of the view, in degrees. */
  box() {
    const { left, top, right, bottom } = this.free()
    const [northWest, southEast] = [this.map.containerPointToLatLng([left, top]), this.map.containerPointToLatLng([right, bottom])]
    return [northWest.lng, southEast.lat, southEast.lng, northWest.lat]
  }

  /** Moves the map so that a place (a share of the world) is not under a panel. */
  uncover(world) {
    const [lon, lat] = toLonLat(world)
    const { paddingTopLeft, paddingBottomRight } = this.padding()
    this.map.panInside([lat, lon], {
      paddingTopLeft: L.point(paddingTopLeft).add([24, 24]),
      paddingBottomRight: L.point(paddingBottomRight).add([24, 24]),
      animate: !isStill(),
    })
  }

  /** Has the tiles of the view fetched, for the layers that are on. */
  ask() {
    const { map, config, state } = this
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
    const now = Date.now()
    this.store.want([...state.on], tiles, (layer) => queryOf(state.filters, layer, now))
  }

  /** Draws the whole view on another canvas, in other colours: for a picture. The overlay must be drawn again after it. */
  drawOn(context, view, colours) {
    const before = this.colours
    this.colours = colours
    this.basemap?.draw(context, view, colours)
    this.symbols.draw(context, view)
    this.colours = before
  }

  /** What is drawn inside the edges of the view. */
  inView() {
    const size = this.map.getSize()
    return this.symbols.inView({ width: size.x, height: size.y })
  }
}
