/**
 * Web Mercator as shares of the world's width: x to the east, y to the south, both 0 to 1; and the GCJ-02 offset that
 * Chinese raster maps carry. Pure: no DOM, no Leaflet. Positions are [longitude, latitude] in degrees, EPSG:4326.
 */

export const TILE = 256

/** Position → share of the world. */
export function toWorld([lon, lat]) {
  const sin = Math.sin((Math.max(-85.06, Math.min(85.06, lat)) * Math.PI) / 180)
  return [(lon + 180) / 360, 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)]
}

/** Share of the world → position. */
export const toLonLat = ([x, y]) => [x * 360 - 180, (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI]

/** Pixels of the whole world at a zoom. */
export const worldSize = (zoom) => TILE * 2 ** zoom

/** The tiles `[{z, x, y}]` that cover a box of the world `[left, top, right, bottom]` (shares). */
export function tilesOver([left, top, right, bottom], z) {
  const across = 2 ** z
  const clamp = (n) => Math.max(0, Math.min(across - 1, Math.floor(n * across)))
  const tiles = []
  for (let y = clamp(top); y <= clamp(bottom); y++) for (let x = clamp(left); x <= clamp(right); x++) tiles.push({ z, x, y })
  return tiles
}

const A = 6378245 // Krassovsky 1940, as the published GCJ-02 formula has it
const EE = 0.00669342162296594323

const wave = (x) => ((20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * 2) / 3

/** A WGS 84 position as a GCJ-02 map shows it; good to a metre or two, valid in mainland China. */
export function toGcj02([lon, lat]) {
  const pi = Math.PI
  const x = lon - 105
  const y = lat - 35
  let dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + wave(x)
  dLat += ((20 * Math.sin(y * pi) + 40 * Math.sin((y / 3) * pi)) * 2) / 3
  dLat += ((160 * Math.sin((y / 12) * pi) + 320 * Math.sin((y * pi) / 30)) * 2) / 3
  let dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + wave(x)
  dLon += ((20 * Math.sin(x * pi) + 40 * Math.sin((x / 3) * pi)) * 2) / 3
  dLon += ((150 * Math.sin((x / 12) * pi) + 300 * Math.sin((x / 30) * pi)) * 2) / 3
  const phi = (lat * pi) / 180
  const magic = 1 - EE * Math.sin(phi) ** 2
  dLat = (dLat * 180) / (((A * (1 - EE)) / (magic * Math.sqrt(magic))) * pi)
  dLon = (dLon * 180) / ((A / Math.sqrt(magic)) * Math.cos(phi) * pi)
  return [lon + dLon, lat + dLat]
}
