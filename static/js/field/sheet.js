/** A small map on the product's own sheet: orders as numbered stops, what lies around them, and where the phone is. */
import { Basemap } from '../map/basemap.js'
import { Places } from '../map/labels.js'
import { Glyphs, drawCoin, palette } from '../map/paint.js'
import { toLonLat, toWorld, worldSize } from '../map/projection.js'
import { apart, fill } from './rules.js'
import { icon, make } from './dom.js'
import { words } from './words.js'

const MIN = 9
const MAX = 18
let basemap = null
let sheets = 0

/** The sheet's document, read once a page; without it the stops still stand on plain water. */
const sheetOf = (language) =>
  (basemap ??= fetch('/tiles/basemap.json')
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`${answer.status}`))))
    .then((document) => new Basemap(document, language))
    .catch((error) => {
      basemap = null
      console.warn('field: no basemap', error.message)
      return null
    }))

export class Sheet {
  /**
   * @param {HTMLElement} host
   * @param {{stops: object[], route?: boolean, coins?: boolean, onStop?: (number: string) => void, onView?: (view: object) => void}} options
   */
  constructor(host, { stops, route = false, coins = false, onStop = null, onView = () => {} }) {
    Object.assign(this, { host, stops, route, coins, onStop, onView, me: null, items: [], chosen: null })
    this.canvas = make('canvas', { role: 'img', 'aria-label': words.map })
    host.prepend(this.canvas)
    host.hidden = false
    this.credit = make('p', { class: 'ph-map-credit' })
    host.append(this.credit)
    this.places = new CSSStyleSheet() // where the marks stand; elements keep no style of their own
    this.id = `sheet-${++sheets}`
    document.adoptedStyleSheets.push(this.places)
    this.marks = stops.map((stop, n) => this.mark(stop, n))
    host.append(...this.marks)
    this.colour = palette()
    this.glyphs = new Glyphs(document.querySelector('svg.icon use[href*="symbols.svg"]')?.getAttribute('href').split('#')[0] ?? '/static/img/symbols.svg', () => this.ask())
    this.fonts = getComputedStyle(document.body).fontFamily
    this.fit()
    this.tools()
    this.fingers()
    const language = document.documentElement.lang.startsWith('zh') ? 'zh-hans' : 'en'
    sheetOf(language).then((sheet) => {
      this.sheet = sheet
      this.credit.textContent = this.credit.title = sheet?.attribution ?? ''
      host.dataset.settled = 'true'
      this.ask()
    })
    new ResizeObserver(() => this.fitOnce()).observe(host)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.colour = palette()
      this.ask()
    })
  }

  mark(stop, n) {
    const name = fill(words.stop, { n: n + 1, title: stop.title })
    const more = { 'data-mark': `${this.id}-${stop.number}`, class: `ph-stop${stop.overdue ? ' is-late' : ''}${this.coins ? ' is-coin' : ''}`, 'aria-label': name, title: stop.title }
    const number = make('b', { 'aria-hidden': 'true' }, `${n + 1}`)
    if (!this.onStop) return make('a', { ...more, href: `/field/${stop.number}/` }, number)
    return make('button', { ...more, type: 'button', onclick: () => this.choose(stop.number) }, number)
  }

  /** Shows which stop is meant. */
  choose(number) {
    this.chosen = number
    this.stops.forEach((stop, n) => (stop.number === number ? this.marks[n].setAttribute('aria-current', 'true') : this.marks[n].removeAttribute('aria-current')))
    this.onStop?.(number)
  }

  /** Shows the stops in another order. */
  sortBy(numbers) {
    const rank = new Map(numbers.map((number, n) => [number, n]))
    const pairs = this.stops.map((stop, n) => [stop, this.marks[n]])
    pairs.sort(([a], [b]) => (rank.get(a.number) ?? 1e9) - (rank.get(b.number) ?? 1e9))
    this.stops = pairs.map(([stop]) => stop)
    this.marks = pairs.map(([, mark]) => mark)
    this.marks.forEach((mark, n) => {
      mark.firstChild.textContent = `${n + 1}`
      mark.setAttribute('aria-label', fill(words.stop, { n: n + 1, title: this.stops[n].title }))
    })
    this.host.append(...this.marks)
    this.ask()
  }

  /** Where the phone is: {lon, lat, accuracy}. */
  standAt(me) {
    const isFirst = !this.me
    this.me = me
    if (isFirst && !this.moved) this.fit()
    this.ask()
  }

  /** Features around, as map/tiles.js decodes them. */
  show(items) {
    this.items = items
    this.ask()
  }

  /** So that all stops, and the phone where it is near, are in view. */
  fit() {
    const { width, height } = this.host.getBoundingClientRect()
    this.width = width || 390
    this.height = height || 190
    const points = this.stops.map((stop) => toWorld(stop.at))
    if (this.me) {
      const me = toWorld([this.me.lon, this.me.lat])
      const isNear = points.some(([x, y]) => Math.hypot(x - me[0], y - me[1]) < 0.0015) // about 50 km
      if (isNear || !points.length) points.push(me)
    }
    if (!points.length) points.push([0.5, 0.5])
    const xs = points.map(([x]) => x)
    const ys = points.map(([, y]) => y)
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
    this.centre = [(left + right) / 2, (top + bottom) / 2]
    const room = Math.min((this.width - 88) / Math.max(right - left, 1e-9), (this.height - 88) / Math.max(bottom - top, 1e-9))
    this.zoom = Math.max(MIN, Math.min(points.length > 1 ? 15.5 : 14, Math.log2(Math.max(room, 1) / 256)))
  }

  fitOnce() {
    const { width, height } = this.host.getBoundingClientRect()
    if (width === this.width && height === this.height) return
    if (!this.moved) this.fit()
    this.width = width
    this.height = height
    this.ask()
  }

  tools() {
    const button = (label, sign, act) => make('button', { type: 'button', 'aria-label': label, title: label, onclick: act }, sign)
    this.host.append(make('div', { class: `ph-map-tools${this.height < 240 ? ' is-row' : ''}` },
      button(words.zoomIn, '+', () => this.zoomBy(1)), button(words.zoomOut, '−', () => this.zoomBy(-1)),
      this.coins || this.height < 240 ? '' : button(words.toMe, icon('locate-fixed', 22), () => this.host.dispatchEvent(new CustomEvent('field:locate', { bubbles: true })))))
  }

  zoomBy(by, at = [this.width / 2, this.height / 2]) {
    const before = this.toWorldAt(...at)
    this.zoom = Math.max(MIN, Math.min(MAX, this.zoom + by))
    const scale = worldSize(this.zoom)
    this.centre = [before[0] - (at[0] - this.width / 2) / scale, before[1] - (at[1] - this.height / 2) / scale]
    this.moved = true
    this.ask()
  }

  toWorldAt(x, y) {
    const scale = worldSize(this.zoom)
    return [this.centre[0] + (x - this.width / 2) / scale, this.centre[1] + (y - this.height / 2) / scale]
  }

  fingers() {
    const held = new Map()
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect()
      return [event.clientX - box.left, event.clientY - box.top]
    }
    this.canvas.addEventListener('pointerdown', (event) => {
      this.canvas.setPointerCapture(event.pointerId)
      held.set(event.pointerId, at(event))
    })
    this.canvas.addEventListener('pointermove', (event) => {
      const before = held.get(event.pointerId)
      if (!before) return
      const now = at(event)
      const other = [...held].find(([id]) => id !== event.pointerId)?.[1]
      if (other) {
        const spread = (p) => Math.hypot(p[0] - other[0], p[1] - other[1])
        this.zoomBy(Math.log2(Math.max(spread(now), 1) / Math.max(spread(before), 1)), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2])
      } else {
        const scale = worldSize(this.zoom)
        this.centre = [this.centre[0] - (now[0] - before[0]) / scale, this.centre[1] - (now[1] - before[1]) / scale]
        this.moved = true
        this.ask()
      }
      held.set(event.pointerId, now)
    })
    const leave = (event) => held.delete(event.pointerId)
    for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) this.canvas.addEventListener(name, leave)
    this.canvas.addEventListener('wheel', (event) => {
      event.preventDefault()
      this.zoomBy(-event.deltaY / 300, at(event))
    }, { passive: false })
  }

  /** Draws once before the next frame. */
  ask() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = null
      this.draw()
    })
  }

  view() {
    const { zoom, centre, width, height } = this
    const scale = worldSize(zoom)
    return {
      zoom, width, height, scale, ratio: devicePixelRatio, margin: { x: 0, y: 0 },
      toView: ([x, y]) => [(x - centre[0]) * scale + width / 2, (y - centre[1]) * scale + height / 2],
      toWorld: (x, y) => this.toWorldAt(x, y),
    }
  }

  draw() {
    const view = this.view()
    const { width, height, ratio } = view
    if (!width || !height) return
    this.canvas.width = Math.round(width * ratio)
    this.canvas.height = Math.round(height * ratio)
    const context = this.canvas.getContext('2d')
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    const { colour } = this
    if (this.sheet) this.sheet.draw(context, view, colour)
    else {
      context.fillStyle = colour('--map-sea')
      context.fillRect(0, 0, width, height)
    }
    const spots = apart(this.stops.map((stop) => view.toView(toWorld(stop.at))))
    const places = new Places()
    for (const [x, y] of spots) places.take([x - 16, y - 16, x + 16, y + 16])
    this.sheet?.drawNames(context, view, colour, places, this.fonts, { left: 0, top: 0, right: 0, bottom: 0 })
    const own = new Set(this.stops.map((stop) => stop.number))
    for (const item of this.items) {
      if (own.has(item.number) || item.kind !== 'feature') continue
      const [x, y] = view.toView([item.x, item.y])
      if (x < -20 || y < -20 || x > width + 20 || y > height + 20) continue
      context.save()
      context.translate(x, y)
      drawCoin(context, { layer: item.layer, condition: item.condition, size: 20, colour, glyphs: this.glyphs })
      context.restore()
    }
    const me = this.me && view.toView(toWorld([this.me.lon, this.me.lat]))
    if (this.route && spots.length + (me ? 1 : 0) > 1) {
      context.beginPath()
      const way = me && Math.hypot(me[0] - width / 2, me[1] - height / 2) < 3 * Math.max(width, height) ? [me, ...spots] : spots
      way.forEach(([x, y], n) => (n ? context.lineTo(x, y) : context.moveTo(x, y)))
      context.strokeStyle = colour('--accent')
      context.lineWidth = 2.5
      context.lineCap = 'round'
      context.setLineDash([1, 6])
      context.stroke()
      context.setLineDash([])
    }
    if (me) {
      const metre = view.scale / (40_075_017 * Math.cos((toLonLat(this.centre)[1] * Math.PI) / 180))
      context.fillStyle = '#2B7DE0'
      context.globalAlpha = 0.2
      context.beginPath()
      context.arc(...me, Math.max(16, Math.min(this.me.accuracy * metre, 400)), 0, 2 * Math.PI)
      context.fill()
      context.globalAlpha = 1
      context.beginPath()
      context.arc(...me, 7, 0, 2 * Math.PI)
      context.fill()
      context.lineWidth = 2.5
      context.strokeStyle = '#fff'
      context.stroke()
    }
    if (this.coins) {
      spots.forEach(([x, y], n) => {
        context.save()
        context.translate(x, y)
        drawCoin(context, { ...this.stops[n], size: 38, colour, glyphs: this.glyphs })
        context.restore()
      })
    }
    spots.forEach(([x, y], n) => {
      // At the edge at least 26 px of a mark are there to be pressed (WCAG 2.2, 2.5.8), or it is not offered.
      this.marks[n].hidden = x < 4 || y < 4 || x > width - 4 || y > height - 4
    })
    this.places.replaceSync(spots.map(([x, y], n) => `[data-mark="${this.id}-${this.stops[n].number}"]{--x:${x.toFixed(1)}px;--y:${y.toFixed(1)}px}`).join(''))
    this.onView(view)
  }

  /** The place on the page is gone. */
  close() {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== this.places)
  }
}

/** The stops that the page names. */
export const stopsOf = (root = document) => JSON.parse(root.querySelector('#field-stops')?.textContent ?? '[]')
