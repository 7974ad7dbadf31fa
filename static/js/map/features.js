/** Features as rows, read from the API page by page: what is in a box or an outline, under the filters and conditions of the map. */
import { WORST_FIRST } from './conditions.js'
import { queryOf } from './state.js'

export const MOST = 20_000
const PAGE = 1000

/** The middle of a geometry's bounds [lon, lat]; of a point the point. */
export function spotOf({ type, coordinates }) {
  if (type === 'Point') return coordinates
  const flat = coordinates.flat(type === 'Polygon' || type === 'MultiLineString' ? 1 : type === 'MultiPolygon' ? 2 : 0)
  const [lons, lats] = [flat.map((p) => p[0]), flat.map((p) => p[1])]
  return [(Math.min(...lons) + Math.max(...lons)) / 2, (Math.min(...lats) + Math.max(...lats)) / 2]
}

/** Whether a place lies in an outline (even-odd; the outline in degrees, as it is drawn on the sheet). Pure. */
export function isInside([x, y], outline) {
  let inside = false
  for (let n = 0, before = outline.length - 1; n < outline.length; before = n++) {
    const [ax, ay] = outline[n]
    const [bx, by] = outline[before]
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
  }
  return inside
}

/** West, south, east, north of points [lon, lat]. */
export const boxOf = (points) => [
  Math.min(...points.map((p) => p[0])), Math.min(...points.map((p) => p[1])),
  Math.max(...points.map((p) => p[0])), Math.max(...points.map((p) => p[1])),
]

const rowOf = ({ id, geometry, properties: p }) => ({
  key: `${p.layer}/${id}`, id, layer: p.layer, code: p.code, name: p.name, condition: p.condition,
  department: p.department ?? '', town: p.town ?? '', updated: p.updated_at, attributes: p.attributes, at: spotOf(geometry),
})

/**
 * Rows of the layers that are on, `{rows, isWhole}`; `isWhole` is false where there are more than `MOST`.
 * @param {object} asked state (on, shown, filters), bbox [w, s, e, n] or null, signal, onSome(rows so far)
 */
export async function readFeatures({ state, bbox = null, signal, onSome = () => {}, now = Date.now() }) {
  const rows = []
  const isEvery = state.shown.size === WORST_FIRST.length
  for (const layer of state.on) {
    // Of few conditions only those are read: the rest of a great layer need not come.
    for (const condition of isEvery || state.shown.size > 2 ? [null] : state.shown) {
      let next = null
      do {
        const query = new URLSearchParams(queryOf(state.filters, layer, now))
        query.set('limit', PAGE)
        if (bbox) query.set('bbox', bbox.map((n) => n.toFixed(6)).join(','))
        if (condition) query.set('condition', condition)
        if (next) query.set('cursor', next)
        const answer = await fetch(`/api/v1/layers/${layer}/features?${query}`, { signal, headers: { Accept: 'application/json' } })
        if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? String(answer.status))
        const body = await answer.json()
        for (const feature of body.features) if (isEvery || state.shown.has(feature.properties.condition)) rows.push(rowOf(feature))
        next = body.next
        onSome(rows)
        if (rows.length >= MOST) return { rows: rows.slice(0, MOST), isWhole: false }
      } while (next)
    }
  }
  return { rows, isWhole: true }
}
