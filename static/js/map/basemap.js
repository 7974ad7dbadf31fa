/** The product's own sheet: sea, flats, waterlines, land, district, streams, boundary, shore and names; no host but ours. */
import { near } from './labels.js'
import { drawName } from './paint.js'
import { toLonLat, toWorld } from './projection.js'

const ORDER = ['sea', 'flat', 'waterline', 'land', 'district', 'town', 'stream', 'boundary', 'coast']
const FARTHEST = 720 // metres from the shore to the third waterline
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
    const { width, height, scale, ratio, zoom, margin } = view
    const whole = [-margin.x, -margin.y, width + 2 * margin.x, height + 2 * margin.y]
    context.fillStyle = colour('--map-sea-deep')
    context.fillRect(...whole)
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
    this.drawShelf(context, view, parts, colour)
    graticule(context, view, colour)
    const flat = this.stipple(context, colour, ratio)
    flat.setTransform(new DOMMatrix([1 / ratio, 0, 0, 1 / ratio, left % 8, top % 8]))
    for (const { path } of parts.flat) {
      context.fillStyle = flat
      context.fill(path, 'evenodd')
    }
    for (const { path, metres } of parts.waterline) stroke(path, { line: '--map-waterline', width: 0.8, alpha: WATERLINE_SHARE[metres] ?? 0.4 })
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
    for (const { path } of parts.town) stroke(path, { line: '--map-boundary', width: 0.6, dash: [2, 3], alpha: zoom >= 11 ? 0.6 : 0 })
    for (const { path, main } of parts.stream) stroke(path, { line: '--map-river', width: main ? (zoom >= 13 ? 2.2 : 1.6) : 1 })
    for (const { path } of parts.boundary) stroke(path, { line: '--map-boundary', width: 1.3, dash: [9, 3, 1.5, 3] })
    for (const { path } of parts.coast) stroke(path, { line: '--map-coast', width: 1.1 })
    context.setLineDash([])
    this.frame(context, view, colour)
  }

  /** Water within the third waterline is lighter: the land drawn as broad as that, before the land itself. */
  drawShelf(context, { scale }, parts, colour) {
    const metre = scale / (40_075_016 * Math.cos((toLonLat([ORIGIN[0] / UNIT, ORIGIN[1] / UNIT])[1] * Math.PI) / 180))
    context.strokeStyle = context.fillStyle = colour('--map-sea')
    context.lineWidth = 2 * FARTHEST * metre
    context.setLineDash([])
    for (const { path } of parts.land) {
      context.fill(path, 'evenodd')
      context.stroke(path)
    }
  }

  /** Beyond what is known the sheet ends, as a chart does: paper, and a double line round the sheet. */
  frame(context, { width, height, toView, margin }, colour) {
    const [[left, top], [right, bottom]] = this.corners.map(toView)
    context.beginPath()
    context.rect(-margin.x, -margin.y, width + 2 * margin.x, height + 2 * margin.y)
    context.rect(left, top, right - left, bottom - top)
    context.fillStyle = colour('--surface-page')
    context.fill('evenodd')
    context.strokeStyle = colour('--map-coast')
    context.lineWidth = 1
    context.strokeRect(left, top, right - left, bottom - top)
    context.lineWidth = 2.5
    context.strokeRect(left - 5, top - 5, right - left + 10, bottom - top + 10)
  }

  /** Writes names where no symbol or other name stands (`places`), towns before waters, degrees at the edge last. */
  drawNames(context, view, colour, places, fonts, free) {
    const { zoom, toView, width, height, margin } = view
    const isEnglish = this.language === 'en'
    const isNear = ([x, y]) => x > -margin.x && y > -margin.y && x < width + margin.x && y < height + margin.y
    const write = (name, x, y, { font, spacing = '0px', high, ...ink }) => {
      context.font = `${font} ${fonts}`
      context.letterSpacing = spacing
      const half = context.measureText(name).width / 2
      const spot = near(x, y, half, high).find(({ box }) => places.isFree(box))
      if (spot) {
        places.take(spot.box)
        drawName(context, name, spot.x, spot.y, ink)
      }
      context.letterSpacing = '0px'
    }
    for (const { kind, name, world, upright } of this.names) {
      const [x, y] = toView(world)
      if (!isNear([x, y])) continue
      if (kind === 'town' && zoom >= 11 && zoom < 16) {
        write(name, x, y, { font: '400 13px', spacing: isEnglish ? '.5px' : '1.5px', high: 18, ink: colour('--map-label'), halo: colour('--map-halo'), align: 'center' })
      } else if (kind === 'village' && zoom >= 14) {
        write(name, x, y, { font: '400 12px', high: 16, ink: colour('--map-label-dim'), halo: colour('--map-halo'), align: 'center' })
      } else if (kind === 'waters' && zoom <= 14) {
        const ink = { ink: colour('--map-label-water'), halo: colour('--map-sea'), align: 'center', width: 2 }
        if (upright && !isEnglish) this.writeUpright(context, name, x, y, places, fonts, ink)
        else write(name, x, y, { font: 'italic 400 14px', spacing: isEnglish ? '1.6px' : '6px', high: 20, ...ink })
      } else if (kind === 'beyond' && zoom <= 14) {
        write(name, x, y, { font: '400 12px', spacing: isEnglish ? '1px' : '4px', high: 18, ink: colour('--map-label-dim'), halo: colour('--map-land'), align: 'center' })
      } else if (kind === 'stream' && zoom >= 12) {
        write(name, x + 18, y, { font: 'italic 400 12px', high: 16, ink: colour('--map-label-water'), halo: colour('--map-halo'), align: 'center', width: 2.5 })
      }
    }
    this.drawDegrees(context, view, colour, places, fonts, free)
  }

  /** A short Chinese name in a column, where the water is narrow. */
  writeUpright(context, name, x, y, places, fonts, ink) {
    context.font = `italic 400 14px ${fonts}`
    const half = (name.length * 24) / 2
    const spot = [0, -30, 30, -60, 60].map((dy) => [x - 10, y + dy - half, x + 10, y + dy + half]).find((box) => places.isFree(box))
    if (!spot) return
    places.take(spot)
    ;[...name].forEach((sign, n) => drawName(context, sign, x, spot[1] + 24 * n + 12, ink))
  }

  /** The degrees of the graticule, at the free edge of the sheet only: above and to the right. */
  drawDegrees(context, view, colour, places, fonts, free) {
    const { zoom, toView } = view
    if (zoom < 11 || free.right - free.left < 200) return
    context.font = `400 11px ${fonts}`
    const ink = { ink: colour('--map-label-water'), halo: colour('--map-sea'), width: 2.5 }
    const put = (text, x, y, align) => {
      const wide = context.measureText(text).width
      const left = align === 'center' ? x - wide / 2 : x - wide
      const box = [left - 2, y - 8, left + wide + 2, y + 8]
      if (!places.isFree(box)) return
      places.take(box)
      drawName(context, text, x, y, { ...ink, align })
    }
    for (const lon of lines(view, 0)) {
      const [x] = toView(toWorld([lon, 0]))
      if (x > free.left + 36 && x < free.right - 60) put(`${degrees(lon)}${lon < 0 ? 'W' : 'E'}`, x, free.top + 8, 'center')
    }
    for (const lat of lines(view, 1)) {
      const [, y] = toView(toWorld([0, lat]))
      if (y > free.top + 30 && y < free.bottom - 30 && !(free.tools && y > free.tools[0] && y < free.tools[1] + 16)) put(`${degrees(lat)}${lat < 0 ? 'S' : 'N'}`, free.right - 8, y - 8, 'right')
    }
  }
}

/** 120.25 → "120°15′": minutes, and seconds where the graticule is finer than that. */
export function degrees(value) {
  const seconds = Math.round(Math.abs(value) * 3600)
  const [whole, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return `${whole}°${String(minutes).padStart(2, '0')}′${rest ? `${String(rest).padStart(2, '0')}″` : ''}`
}

/** The graticule's longitudes (0) or latitudes (1) in a view. */
function lines({ zoom, width, height, margin, toWorld: worldAt }, axis) {
  const step = zoom >= 14 ? 0.01 : 0.05
  const [west, north] = toLonLat(worldAt(-margin.x, -margin.y))
  const [east, south] = toLonLat(worldAt(width + margin.x, height + margin.y))
  const [from, to] = axis === 0 ? [west, east] : [south, north]
  const found = []
  for (let n = Math.ceil(from / step); n * step < to; n++) found.push(n * step)
  return found
}

function graticule(context, view, colour) {
  const { width, height, zoom, toView, margin } = view
  if (zoom < 11) return
  context.strokeStyle = colour('--map-graticule')
  context.lineWidth = 0.7
  context.globalAlpha = 0.75
  context.setLineDash([])
  context.beginPath()
  for (const lon of lines(view, 0)) {
    const [x] = toView(toWorld([lon, 0]))
    context.moveTo(x, -margin.y)
    context.lineTo(x, height + margin.y)
  }
  for (const lat of lines(view, 1)) {
    const [, y] = toView(toWorld([0, lat]))
    context.moveTo(-margin.x, y)
    context.lineTo(width + margin.x, y)
  }
  context.stroke()
  context.globalAlpha = 1
}
