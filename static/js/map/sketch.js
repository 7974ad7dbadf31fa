/**
 * Putting points on the map: for measuring, and for choosing what lies in an outline. By mouse and finger (press, drag
 * for a box) and by keyboard: the map is moved by its arrow keys, Enter takes the place under the crosshair,
 * Backspace takes the last point back, Escape ends.
 */
import { L } from '../leaflet.js'

const byId = (id) => document.getElementById(id)
const NEEDED = { distance: 2, area: 3, polygon: 3, box: 2 }

/** The corners of a box between two places [lon, lat]. */
export const cornersOf = ([west, south], [east, north]) => [[west, south], [east, south], [east, north], [west, north]]

export class Sketch {
  /** @param {object} wiring map, sheet, words (hints by kind), onChange(kind, points, isOver), onEnd() */
  constructor({ map, sheet, hints, onChange, onEnd }) {
    Object.assign(this, { map, sheet, hints, onChange, onEnd })
    this.kind = null
    this.points = []
    this.bar = byId('sketch')
    this.line = L.polyline([], { className: 'sketch-line', interactive: false })
    this.area = L.polygon([], { className: 'sketch-area', interactive: false })
    byId('sketch-undo').addEventListener('click', () => this.undo())
    byId('sketch-done').addEventListener('click', () => this.finish())
    byId('sketch-end').addEventListener('click', () => this.end())
    const container = map.getContainer()
    container.addEventListener('keydown', (event) => this.key(event), { capture: true })
    this.bar.addEventListener('keydown', (event) => event.key === 'Escape' && (event.stopPropagation(), this.end()))
    map.on('mousedown', (event) => this.kind === 'box' && this.press(event))
    map.on('mousemove', (event) => this.hover(event))
    map.on('mouseup', (event) => this.kind === 'box' && this.lift(event))
    map.on('dblclick', () => this.kind && this.finish())
  }

  get isOn() {
    return this.kind !== null && !this.isOver
  }

  begin(kind) {
    if (this.kind) this.end({ isQuiet: true })
    this.kind = kind
    this.isOver = false
    this.points = []
    this.bar.hidden = false
    byId('sketch-hint').textContent = this.hints[kind]
    byId('crosshair').hidden = false
    this.map.doubleClickZoom.disable()
    if (kind === 'box') this.map.dragging.disable()
    this.line.addTo(this.map)
    if (kind !== 'distance') this.area.addTo(this.map)
    this.map.getContainer().classList.add('is-sketching')
    this.map.getContainer().focus({ preventScroll: true })
    this.place()
    this.show()
  }

  /** The crosshair stands in the middle of what the panels leave free. */
  place() {
    const { left, top, right, bottom } = this.sheet.free()
    byId('crosshair').style.transform = `translate(${(left + right) / 2}px, ${(top + bottom) / 2}px)`
  }

  centre() {
    const { left, top, right, bottom } = this.sheet.free()
    return this.map.containerPointToLatLng([(left + right) / 2, (top + bottom) / 2])
  }

  add(latLng) {
    if (!this.isOn) return
    this.points.push([latLng.lng, latLng.lat])
    this.show()
    if (this.kind === 'box' && this.points.length === 2) this.finish()
  }

  press(event) {
    if (!this.isOn) return
    this.pressed = event.containerPoint
    if (!this.points.length) this.add(event.latlng)
  }

  lift(event) {
    if (!this.isOn || !this.pressed) return
    const isDragged = this.pressed.distanceTo(event.containerPoint) > 5
    this.pressed = null
    if (isDragged) this.add(event.latlng)
    else this.justPressed = true // the click that follows is this very press
  }

  /** A press on the map; true when it was the sketch's. */
  click(latLng) {
    if (!this.isOn) return false
    if (this.kind === 'box') {
      if (this.justPressed && this.points.length === 1 && this.wasFirst) this.add(latLng)
      this.wasFirst = this.points.length === 1
      this.justPressed = false
      return true
    }
    this.add(latLng)
    return true
  }

  hover(event) {
    if (this.isOn && this.points.length) this.draw([event.latlng.lng, event.latlng.lat])
  }

  key(event) {
    if (!this.isOn) {
      if (this.kind && event.key === 'Escape') {
        event.stopPropagation()
        this.end()
      }
      return
    }
    const acts = { Enter: () => this.enter(), Backspace: () => this.undo(), Escape: () => this.end() }
    if (!(event.key in acts)) return
    event.preventDefault()
    event.stopPropagation()
    acts[event.key]()
  }

  /** Enter takes the place under the crosshair; on the last point it finishes. */
  enter() {
    const here = this.centre()
    const last = this.points.at(-1)
    const isSame = last && Math.abs(last[0] - here.lng) < 1e-9 && Math.abs(last[1] - here.lat) < 1e-9
    if (isSame) this.finish()
    else this.add(here)
  }

  undo() {
    this.isOver = false
    this.points.pop()
    this.show()
  }

  finish() {
    // A double click has put its place twice.
    const [a, b] = this.points.slice(-2)
    if (b && a[0] === b[0] && a[1] === b[1]) this.points.pop()
    if (this.points.length < NEEDED[this.kind]) return
    this.isOver = true
    this.draw()
    this.show()
  }

  show() {
    this.draw()
    byId('sketch-undo').disabled = !this.points.length
    byId('sketch-done').disabled = this.isOver || this.points.length < NEEDED[this.kind]
    this.onChange(this.kind, this.outline(), this.isOver)
  }

  /** The points; of a box its corners. */
  outline() {
    return this.kind === 'box' && this.points.length === 2 ? cornersOf(...this.points) : this.points
  }

  draw(next = null) {
    const points = next && !this.isOver ? [...this.points, next] : this.points
    const drawn = (this.kind === 'box' && points.length === 2 ? cornersOf(...points) : points).map(([lon, lat]) => [lat, lon])
    this.line.setLatLngs(this.kind === 'box' ? [] : drawn)
    this.area.setLatLngs(this.kind === 'distance' ? [] : drawn)
  }

  end({ isQuiet = false } = {}) {
    const { kind } = this
    this.kind = null
    this.points = []
    this.line.remove()
    this.area.remove()
    this.bar.hidden = true
    byId('crosshair').hidden = true
    this.map.getContainer().classList.remove('is-sketching')
    this.map.doubleClickZoom.enable()
    this.map.dragging.enable()
    if (!isQuiet) this.onEnd(kind)
  }
}
