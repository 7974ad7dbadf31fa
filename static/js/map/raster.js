/** Raster basemaps, where one is configured (`ENVMAP_BASEMAP`); GCJ-02 ones are moved, our geometry never is. */
import { L } from '../leaflet.js'
import { toGcj02 } from './projection.js'

/**
 * Tiles of a GCJ-02 service: what belongs to a WGS 84 position lies elsewhere on its sheet, by hundreds of metres that
 * change slowly. The whole layer is moved by the offset at the view's centre (at most 2.2 px off
 * at the edges of 1920×1080 at z8–16 round the district's middle, 3.1 px elsewhere in it).
 */
const ShiftedTiles = L.TileLayer.extend({
  offset() {
    const centre = this._map.getCenter()
    const [lon, lat] = toGcj02([centre.lng, centre.lat])
    return { shifted: L.latLng(lat, lon), centre }
  },

  move() {
    const { shifted, centre } = this.offset()
    const zoom = this._map.getZoom()
    const by = this._map.project(centre, zoom).subtract(this._map.project(shifted, zoom)).round()
    L.DomUtil.setPosition(this.getPane(), by)
  },

  onAdd(map) {
    map.on('move zoomend viewreset', this.move, this)
    L.TileLayer.prototype.onAdd.call(this, map)
    this.move()
  },

  onRemove(map) {
    map.off('move zoomend viewreset', this.move, this)
    L.TileLayer.prototype.onRemove.call(this, map)
  },

  _getTiledPixelBounds() {
    return L.TileLayer.prototype._getTiledPixelBounds.call(this, this.offset().shifted)
  },
})

/** Adds the sheets `[{url, gcj02, subdomains, maxZoom, attribution}]` below the symbols, in a pane of their own each. */
export function addSheets(map, sheets) {
  sheets.forEach((sheet, n) => {
    const pane = map.createPane(`sheet-${n}`)
    pane.classList.add('pane-sheet')
    const options = {
      pane: `sheet-${n}`, subdomains: sheet.subdomains ?? [], maxNativeZoom: sheet.maxZoom ?? 18, maxZoom: 20,
      attribution: sheet.attribution ?? '', keepBuffer: 3,
    }
    const layer = sheet.gcj02 ? new ShiftedTiles(sheet.url, options) : L.tileLayer(sheet.url, options)
    layer.addTo(map)
  })
}
