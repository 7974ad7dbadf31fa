/** A Leaflet layer that is one canvas over the view: drawn anew as the map moves, so nothing is cut at tile edges. */
import { L } from '../leaflet.js'

const ViewCanvas = L.Layer.extend({
  /** @param {(context: CanvasRenderingContext2D, view: object) => void} draw @param {{pane: string}} options */
  initialize(draw, options) {
    L.setOptions(this, options)
    this.draw = draw
  },

  onAdd(map) {
    this.canvas = L.DomUtil.create('canvas', 'view-canvas leaflet-zoom-hide', this.getPane())
    this.canvas.setAttribute('aria-hidden', 'true')
    map.on('move zoom viewreset resize', this.now, this)
    this.now()
  },

  onRemove(map) {
    map.off('move zoom viewreset resize', this.now, this)
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

  now() {
    const map = this._map
    if (!map || !map._loaded) return
    const { x: width, y: height } = map.getSize()
    const ratio = Math.min(window.devicePixelRatio || 1, 3)
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio)
      this.canvas.height = Math.round(height * ratio)
      this.canvas.style.width = `${width}px`
      this.canvas.style.height = `${height}px`
    }
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]))
    const context = this.canvas.getContext('2d')
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, width, height)
    const zoom = map.getZoom()
    const scale = 256 * 2 ** zoom
    const origin = map.getPixelBounds().min
    this.draw(context, {
      width, height, zoom, scale, ratio,
      toView: ([x, y]) => [x * scale - origin.x, y * scale - origin.y],
      toWorld: (px, py) => [(px + origin.x) / scale, (py + origin.y) / scale],
    })
  },
})

export const viewCanvas = (draw, options) => new ViewCanvas(draw, options)
