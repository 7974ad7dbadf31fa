/**
 * What a view of the map is, and how it is written behind `#` in the address. Pure: no DOM, no Leaflet.
 *
 * `map=13/24.6123/120.5000&layers=outfalls,dust-sites&conditions=alarm&department=…&town=…&since=24h&outfalls.kind=…&at=outfalls/7`
 * Whatever is left out is as it was at the beginning; a bare `outfalls/7` is a link to a feature.
 */
import { WORST_FIRST } from './conditions.js'

/** Spans of time that the filter offers, in hours. */
export const SPANS = { '24h': 24, '7d': 168, '30d': 720 }

/** No filter at all. */
export const noFilters = () => ({ department: '', town: '', since: '', attributes: {} })

/** Whether two sets of filters ask for the same. */
export const sameFilters = (a, b) => JSON.stringify(tidy(a)) === JSON.stringify(tidy(b))

/** How many filters are set. */
export const filterCount = (filters) =>
  ['department', 'town', 'since'].filter((name) => filters[name]).length +
  Object.values(filters.attributes).reduce((sum, keys) => sum + Object.keys(keys).length, 0)

function tidy(filters) {
  const attributes = Object.entries(filters.attributes ?? {})
    .map(([layer, keys]) => [layer, Object.entries(keys).filter(([, value]) => value !== '').sort()])
    .filter(([, keys]) => keys.length)
    .sort()
  return [filters.department ?? '', filters.town ?? '', filters.since ?? '', attributes]
}

/**
 * The query of a layer's tiles, features and tally: one wording for all three. `now` is in ms; spans begin at a full ten
 * minutes, so that what was fetched stays good for a while.
 */
export function queryOf(filters, layer, now) {
  const query = new URLSearchParams()
  if (filters.department) query.set('department', filters.department)
  if (filters.town) query.set('town', filters.town)
  const hours = SPANS[filters.since]
  if (hours) query.set('alarm_since', new Date(Math.floor(now / 600_000) * 600_000 - hours * 3_600_000).toISOString().replace('.000', ''))
  for (const [key, value] of Object.entries(filters.attributes[layer] ?? {}).sort()) query.set(`attributes.${key}`, value)
  return query.toString()
}

const plain = (text) => encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%2C', ',')

/** A view as text. `layers` are all keys that there are; those switched on are named only where some are off. */
export function format({ centre, zoom, on, shown, filters, selected }, layers) {
  const parts = []
  if (centre) parts.push(['map', `${Number(zoom.toFixed(2))}/${centre[1].toFixed(5)}/${centre[0].toFixed(5)}`])
  if (layers.some((key) => !on.has(key))) parts.push(['layers', layers.filter((key) => on.has(key)).join(',')])
  if (shown.size < WORST_FIRST.length) parts.push(['conditions', WORST_FIRST.filter((name) => shown.has(name)).join(',')])
  for (const name of ['department', 'town', 'since']) if (filters[name]) parts.push([name, filters[name]])
  for (const [layer, keys] of Object.entries(filters.attributes)) {
    for (const [key, value] of Object.entries(keys)) parts.push([`${layer}.${key}`, value])
  }
  if (selected) parts.push(['at', selected])
  return parts.map(([name, value]) => `${plain(name)}=${plain(value)}`).join('&')
}

/** The view that a text means; unknown layers, conditions and spans are passed over. */
export function parse(text, layers) {
  const view = { centre: null, zoom: null, on: new Set(layers), shown: new Set(WORST_FIRST), filters: noFilters(), selected: null }
  const bare = /^[\w-]+\/\d+$/.exec(text)
  if (bare) return { ...view, selected: text, isBare: true }
  for (const [name, value] of new URLSearchParams(text)) {
    if (name === 'map') {
      const [zoom, lat, lon] = value.split('/').map(Number)
      if ([zoom, lat, lon].every(Number.isFinite) && Math.abs(lat) < 85 && Math.abs(lon) <= 180) Object.assign(view, { zoom, centre: [lon, lat] })
    } else if (name === 'layers') view.on = new Set(value.split(',').filter((key) => layers.includes(key)))
    else if (name === 'conditions') view.shown = new Set(value.split(',').filter((key) => WORST_FIRST.includes(key)))
    else if (name === 'department' || name === 'town') view.filters[name] = value
    else if (name === 'since') view.filters.since = value in SPANS ? value : ''
    else if (name === 'at') view.selected = /^[\w-]+\/\d+$/.test(value) ? value : null
    else {
      const layer = layers.find((key) => name.startsWith(`${key}.`))
      if (layer && value) (view.filters.attributes[layer] ??= {})[name.slice(layer.length + 1)] = value
    }
  }
  return view
}
