/**
 * A Leaflet layer that is one canvas over the view and a margin round it. While the map is dragged the canvas goes with
 * it; it is drawn anew where the drag ends or the margin is used up, so that dragging costs nothing.
 */
import { L } from '../leaflet.js'

const MARGIN = 0.2 // of the view, on each side

/** A view to draw: its size in px, zoom, scale (px of the whole world), margin, and the ways between px and shares of the world. */
export function viewOf(map, ratio, margin = { x: 0, y: 0 }) {
  const { x: width, y: height } = map.getSize()
  const zoom = map.getZoom()
  const scale = 256 * 2 ** zoom
  const origin = map.getPixelBounds().min
  return {
    width, height, zoom, scale, ratio, margin,
    toView: ([x, y]) => [x * scale - origin.x, y * scale - origin.y],
    toWorld: (px, py) => [(px + origin.x) / scale, (py + origin.y) / scale],
  }
}

const ViewCanvas = L.Layer.extend({
  /** @param {(context: CanvasRenderingContext2D, view: object) => void} draw @param {{pane: string}} options */
  initialize(draw, options) {
    L.setOptions(this, options)
    this.draw = draw
  },

  onAdd(map) {
    this.canvas = L.DomUtil.create('canvas', 'view-canvas leaflet-zoom-hide', this.getPane())
    this.canvas.setAttribute('aria-hidden', 'true')
    map.on('moveend zoom viewreset resize', this.now, this)
    map.on('move', this.follow, this)
    this.now()
  },

  onRemove(map) {
    map.off('moveend zoom viewreset resize', this.now, this)
    map.off('move', this.follow, this)
    cancelAnimationFrame(this.frame)
    this.canvas.remove()
  },

  /** Draws with the next frame, however often it is called. */
  later() {
    if (this.frame || !this._map) return
    this.frame = requestAnimationFrame(() => {
      this.frame = 0
      this.now()
    })
  },

  /** The map was dragged: drawn anew only where the margin does not reach any further. */
  follow() {
    const by = this._map.getPixelBounds().min.subtract(this.drawnAt)
    if (this._map.getZoom() !== this.drawnZoom || Math.abs(by.x) > this.margin.x || Math.abs(by.y) > this.margin.y) this.now()
  },

  now() {
    const map = this._map
    if (!map || !map._loaded) return
    const { x: width, y: height } = map.getSize()
    const ratio = Math.min(window.devicePixelRatio || 1, 3)
    const margin = { x: Math.round(width * MARGIN), y: Math.round(height * MARGIN) }
    const [wide, high] = [width + 2 * margin.x, height + 2 * margin.y]
    if (this.canvas.width !== Math.round(wide * ratio) || this.canvas.height !== Math.round(high * ratio)) {
      this.canvas.width = Math.round(wide * ratio)
      this.canvas.height = Math.round(high * ratio)
      this.canvas.style.width = `${wide}px`
      this.canvas.style.height = `${high}px`
    }
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([-margin.x, -margin.y]))
    this.margin = margin
    this.drawnAt = map.getPixelBounds().min
    this.drawnZoom = map.getZoom()
    const context = this.canvas.getContext('2d')
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, wide, high)
    context.translate(margin.x, margin.y)
    this.draw(context, viewOf(map, ratio, margin))
  },
})

export const viewCanvas = (draw, options) => new ViewCanvas(draw, options)
