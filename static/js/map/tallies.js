/** How many there are of each layer and condition under the current filters: one request, and one for each layer with filters of its own. */
import { queryOf } from './state.js'

const asked = async (address) => {
  const answer = await fetch(address, { headers: { Accept: 'application/json' } })
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? String(answer.status))
  return answer.json()
}

/**
 * The tallies `Map(key → {count, by_condition})` of the layers that the asker sees. `filters` as in state.js.
 * Rejects with the server's sentence where a filter is refused.
 */
export async function tallies(filters, now = Date.now()) {
  const common = queryOf({ ...filters, attributes: {} }, '', now)
  const own = Object.keys(filters.attributes)
  const [all, ...narrowed] = await Promise.all([
    asked(`/api/v1/layers?limit=1000${common && `&${common}`}`),
    ...own.map((key) => asked(`/api/v1/layers/${key}?${queryOf(filters, key, now)}`).catch((error) => ({ key, error }))),
  ])
  const found = new Map(all.items.map((layer) => [layer.key, layer]))
  for (const layer of narrowed) {
    if (layer.error && found.has(layer.key)) throw layer.error
    if (found.has(layer.key)) found.set(layer.key, layer)
  }
  return found
}
