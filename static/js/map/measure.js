/** Lengths and areas on the WGS 84 ellipsoid (geographiclib, Karney 2013), in the units that people use. */

let loading = null

/** The library, fetched when somebody measures for the first time; it is a classic script with a global. */
export function geodesic(address) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.src = address
    script.onload = () => resolve(window.geodesic.Geodesic.WGS84)
    script.onerror = () => {
      loading = null
      reject(new Error('geographiclib'))
    }
    document.head.append(script)
  })
  return loading
}

/** Metres along points [lon, lat]; back to the first one where it is closed. */
export function lengthOf(wgs84, points, isClosed = false) {
  const line = isClosed && points.length > 2 ? [...points, points[0]] : points
  return line.slice(1).reduce((sum, [lon, lat], n) => sum + wgs84.Inverse(line[n][1], line[n][0], lat, lon).s12, 0)
}

/** Square metres within points [lon, lat], whichever way round they go. */
export function areaOf(wgs84, points) {
  if (points.length < 3) return 0
  const polygon = wgs84.Polygon(false)
  for (const [lon, lat] of points) polygon.AddPoint(lat, lon)
  return Math.abs(polygon.Compute(false, true).area)
}

/** "850 m", "1.84 km". */
export const lengthInWords = (metres, words) =>
  metres < 1000 ? `${metres.toFixed(metres < 100 ? 1 : 0)} ${words.metre}` : `${(metres / 1000).toFixed(metres < 100_000 ? 2 : 1)} ${words.kilometre}`

/** "640 m²", "4.60 ha", "12.40 km²". */
export function areaInWords(squareMetres, words) {
  if (squareMetres < 10_000) return `${squareMetres.toFixed(0)} ${words.squareMetre}`
  if (squareMetres < 1_000_000) return `${(squareMetres / 10_000).toFixed(2)} ${words.hectare}`
  return `${(squareMetres / 1_000_000).toFixed(2)} ${words.squareKilometre}`
}

/** A round length for a scale bar: `{metres, px}`, px at most `most`. Pure. */
export function scaleOf(metresPerPx, most = 140) {
  const limit = metresPerPx * most
  const power = 10 ** Math.floor(Math.log10(limit))
  const metres = [5, 3, 2, 1].map((n) => n * power).find((n) => n <= limit)
  return { metres, px: metres / metresPerPx }
}
