/** The product's own sheet: sea, flats, waterlines, land, district, streams, boundary, shore and names; no host but ours. */
import { drawName } from './paint.js'
import { toLonLat, toWorld } from './projection.js'

const ORDER = ['sea', 'flat', 'waterline', 'land', 'district', 'town', 'stream', 'boundary', 'coast']
const WATERLINE_SHARE = { 170: 0.8, 400: 0.5, 720: 0.28 }

function pathOf(geometry) {
  // In shares of the world times 2^20, so that a canvas' single precision is enough at any zoom.
  const path = new Path2D()
  const draw = (line, isClosed) => {
    line.forEach((position, n) => {
      const [x, y] = toWorld(position)
      if (n === 0) path.moveTo(x * UNIT - ORIGIN[0], y * UNIT - ORIGIN[1])
      else path.lineTo(x * UNIT - ORIGIN[0], y * UNIT - ORIGIN[1])
    })
    if (isClosed) path.closePath()
  }
  const walk = ({ type, coordinates, geometries }) => {
    if (type === 'Polygon') coordinates.forEach((ring) => draw(ring, true))
    else if (type === 'MultiPolygon') coordinates.flat().forEach((ring) => draw(ring, true))
    else if (type === 'LineString') draw(coordinates, false)
    else if (type === 'MultiLineString') coordinates.forEach((line) => draw(line, false))
    else if (type === 'GeometryCollection') geometries.forEach(walk)
  }
  walk(geometry)
  return path
}

const UNIT = 2 ** 20
let ORIGIN = [0, 0]

/** What `GET /tiles/basemap.json` gave, ready to be drawn in a language (`zh-hans` or `en`). */
export class Basemap {
  constructor(document, language) {
    const box = document.bbox ?? [-180, -85, 180, 85]
    const [x, y] = toWorld([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    ORIGIN = [x * UNIT, y * UNIT]
    this.attribution = document.attribution?.[language] ?? ''
    this.corners = [toWorld([box[0], box[3]]), toWorld([box[2], box[1]])]
    this.language = language
    this.parts = {}
    this.names = []
    for (const { geometry, properties } of document.features) {
      const { kind, names } = properties
      const name = names[language]
      if (ORDER.includes(kind)) {
        this.parts[kind] ??= []
        this.parts[kind].push({ path: pathOf(geometry), ...properties, name })
      }
      const at = properties.label ?? (geometry.type === 'Point' ? geometry.coordinates : null)
      if (at && ['town', 'waters', 'village'].includes(kind)) {
        this.names.push({ kind: properties.beyond ? 'beyond' : kind, name, world: toWorld(at), upright: properties.upright })
      }
      if (kind === 'stream' && properties.main && geometry.type === 'LineString') {
        const middle = geometry.coordinates[Math.floor(geometry.coordinates.length * 0.45)]
        this.names.push({ kind, name, world: toWorld(middle) })
      }
    }
    this.patterns = new Map()
  }

  stipple(context, colour, ratio) {
    const key = `${colour('--map-flat')} ${ratio}`
    if (!this.patterns.has(key)) {
      const tile = document.createElement('canvas')
      tile.width = tile.height = Math.round(8 * ratio)
      const brush = tile.getContext('2d')
      brush.scale(ratio, ratio)
      brush.fillStyle = colour('--map-flat')
      brush.fillRect(0, 0, 8, 8)
      brush.fillStyle = colour('--map-flat-dot')
      brush.globalAlpha = 0.6
      for (const [x, y] of [[2, 1.6], [6, 5.4]]) {
        brush.beginPath()
        brush.arc(x, y, 0.75, 0, 2 * Math.PI)
        brush.fill()
      }
      this.patterns.set(key, context.createPattern(tile, 'repeat'))
    }
    return this.patterns.get(key)
  }

  /** Draws the sheet, without names. */
  draw(context, view, colour) {
    const { width, height, scale, ratio, zoom } = view
    context.fillStyle = colour('--map-sea')
    context.fillRect(0, 0, width, height)
    graticule(context, view, colour)
    const [left, top] = view.toView([ORIGIN[0] / UNIT, ORIGIN[1] / UNIT])
    const k = scale / UNIT
    const matrix = new DOMMatrix([k, 0, 0, k, left, top])
    const placed = (path) => {
      const moved = new Path2D()
      moved.addPath(path, matrix)
      return moved
    }
    const parts = {}
    for (const kind of ORDER) parts[kind] = (this.parts[kind] ?? []).map((part) => ({ ...part, path: placed(part.path) }))
    const stroke = (path, { line, width: w, dash = [], alpha = 1 }) => {
      context.lineWidth = w
      context.strokeStyle = colour(line)
      context.setLineDash(dash)
      context.globalAlpha = alpha
      context.stroke(path)
      context.globalAlpha = 1
    }
    context.lineJoin = context.lineCap = 'round'
    const flat = this.stipple(context, colour, ratio)
    flat.setTransform(new DOMMatrix([1 / ratio, 0, 0, 1 / ratio, left % 8, top % 8]))
    for (const { path } of parts.flat) {
      context.fillStyle = flat
      context.fill(path, 'evenodd')
    }
    for (const { path, metres } of parts.waterline) stroke(path, { line: '--map-waterline', width: 0.9, alpha: WATERLINE_SHARE[metres] ?? 0.4 })
    context.fillStyle = colour('--map-land')
    for (const { path } of parts.land) context.fill(path, 'evenodd')
    // The land of the district: the land again, inside its boundary.
    for (const { path } of parts.district) {
      context.save()
      context.clip(path, 'evenodd')
      context.fillStyle = colour('--map-district')
      for (const land of parts.land) context.fill(land.path, 'evenodd')
      for (const edge of parts.boundary) stroke(edge.path, { line: '--map-boundary-band', width: 12 })
      context.restore()
    }
    for (const { path } of parts.town) stroke(path, { line: '--map-boundary', width: 0.7, dash: [2, 3], alpha: zoom >= 11 ? 0.55 : 0 })
    for (const { path, main } of parts.stream) stroke(path, { line: '--map-river', width: main ? (zoom >= 13 ? 2.2 : 1.6) : 1 })
    for (const { path } of parts.boundary) stroke(path, { line: '--map-boundary', width: 1.3, dash: [9, 4, 1.5, 4] })
    for (const { path } of parts.coast) stroke(path, { line: '--map-coast', width: 1.1 })
    context.setLineDash([])
    this.frame(context, view, colour)
  }

  /** Beyond what is known the sheet ends, as a chart does: paper, and a double line round the sheet. */
  frame(context, { width, height, toView }, colour) {
    const [[left, top], [right, bottom]] = this.corners.map(toView)
    context.beginPath()
    context.rect(0, 0, width, height)
    context.rect(left, top, right - left, bottom - top)
    context.fillStyle = colour('--surface-page')
    context.fill('evenodd')
    context.strokeStyle = colour('--map-coast')
    context.lineWidth = 1
    context.strokeRect(left, top, right - left, bottom - top)
    context.lineWidth = 2.5
    context.strokeRect(left - 5, top - 5, right - left + 10, bottom - top + 10)
  }

  /** Writes names where no symbol or other name stands; `taken` are boxes [left, top, right, bottom] in px. */
  drawNames(context, { zoom, toView, width, height }, colour, taken, fonts) {
    const isEnglish = this.language === 'en'
    const put = (box, paint) => {
      const [l, t, r, b] = box
      if (r < 0 || b < 0 || l > width || t > height) return
      if (taken.some(([tl, tt, tr, tb]) => l < tr && r > tl && t < tb && b > tt)) return
      taken.push(box)
      paint()
    }
    for (const { kind, name, world, upright } of this.names) {
      const [x, y] = toView(world)
      if (kind === 'waters' && zoom <= 14) {
        context.font = `italic 400 14px ${fonts}`
        context.letterSpacing = isEnglish ? '1.6px' : '6px'
        const ink = { ink: colour('--map-label-water'), halo: colour('--map-sea'), align: 'center', width: 2 }
        if (upright && !isEnglish) {
          context.letterSpacing = '0px'
          const half = (name.length * 24) / 2
          put([x - 10, y - half, x + 10, y + half], () =>
            [...name].forEach((sign, n) => drawName(context, sign, x, y - half + 24 * n + 12, ink)),
          )
        } else {
          const half = context.measureText(name).width / 2
          put([x - half, y - 10, x + half, y + 10], () => drawName(context, name, x, y, ink))
        }
        context.letterSpacing = '0px'
      } else if (kind === 'beyond' && zoom <= 14) {
        context.font = `400 12px ${fonts}`
        context.letterSpacing = isEnglish ? '1px' : '4px'
        const half = context.measureText(name).width / 2
        put([x - half, y - 9, x + half, y + 9], () =>
          drawName(context, name, x, y, { ink: colour('--map-label-dim'), halo: colour('--map-land'), align: 'center' }),
        )
        context.letterSpacing = '0px'
      } else if (kind === 'town' && zoom >= 11 && zoom < 16) {
        context.font = `400 13px ${fonts}`
        context.letterSpacing = isEnglish ? '.5px' : '1.5px'
        const half = context.measureText(name).width / 2
        put([x - half - 2, y - 9, x + half + 2, y + 9], () =>
          drawName(context, name, x, y, { ink: colour('--map-label'), halo: colour('--map-halo'), align: 'center' }),
        )
        context.letterSpacing = '0px'
      } else if (kind === 'village' && zoom >= 14) {
        context.font = `400 12px ${fonts}`
        const half = context.measureText(name).width / 2
        put([x - half - 2, y - 8, x + half + 2, y + 8], () =>
          drawName(context, name, x, y, { ink: colour('--map-label-dim'), halo: colour('--map-halo'), align: 'center' }),
        )
      } else if (kind === 'stream' && zoom >= 12) {
        context.font = `italic 400 12px ${fonts}`
        const wide = context.measureText(name).width
        put([x + 4, y - 8, x + 8 + wide, y + 8], () =>
          drawName(context, name, x + 6, y, { ink: colour('--map-label-water'), halo: colour('--map-halo'), width: 2.5 }),
        )
      }
    }
  }
}

function graticule(context, { width, height, zoom, toView, toWorld: worldAt }, colour) {
  if (zoom < 11) return
  const step = zoom >= 14 ? 0.01 : 0.05
  const [west, north] = toLonLat(worldAt(0, 0))
  const [east, south] = toLonLat(worldAt(width, height))
  context.strokeStyle = colour('--map-graticule')
  context.lineWidth = 0.7
  context.globalAlpha = 0.75
  context.setLineDash([])
  context.beginPath()
  for (let lon = Math.ceil(west / step) * step; lon < east; lon += step) {
    const [x] = toView(toWorld([lon, north]))
    context.moveTo(x, 0)
    context.lineTo(x, height)
  }
  for (let lat = Math.ceil(south / step) * step; lat < north; lat += step) {
    const [, y] = toView(toWorld([west, lat]))
    context.moveTo(0, y)
    context.lineTo(width, y)
  }
  context.stroke()
  context.globalAlpha = 1
}
