/**
 * From decoded tiles to what is drawn: one symbol a feature, one ring a cell over all layers. Pure: no DOM, no Leaflet.
 * Items of tiles are `{kind: 'feature', id, code, name, layer, condition, x, y, lines?, areas?, length}` and
 * `{kind: 'cluster', layer, cell, x, y, counts}`; x and y are shares of the world.
 */
import { RANK, none, only, ringRadius, sumOf, worstOf } from './conditions.js'

export const CLUSTERED_BELOW = 13
export const CELLS = 4
/** More features than these in a square of 256 px are gathered in cells at any zoom: 40 symbols there overlap already. */
export const CROWDED = 40

/** The zoom whose tiles are asked for: from z13 on features are whole, so larger views ask for nothing more. */
export const sourceZoom = (zoom) => Math.max(0, Math.min(Math.floor(zoom), CLUSTERED_BELOW))

/** The key of the cell in which a cluster or a lone feature of a clustered tile lies. */
export const cellOf = (z, x, y) => `${Math.floor(x * 2 ** z * CELLS)}/${Math.floor(y * 2 ** z * CELLS)}`

/** What cells `x/y` of a zoom cover together: [left, top, right, bottom] in shares of the world. */
export function boundsOf(cells, z) {
  const places = cells.map((cell) => cell.split('/').map(Number))
  const across = 2 ** z * CELLS
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)]
  return [Math.min(...xs) / across, Math.min(...ys) / across, (Math.max(...xs) + 1) / across, (Math.max(...ys) + 1) / across]
}

/** Each feature once: lines and areas are cut at tile edges, so their pieces are joined and the longest bears the symbol. */
export function joined(items) {
  const byId = new Map()
  for (const item of items) {
    const key = `${item.layer}/${item.id}`
    const before = byId.get(key)
    if (!before) byId.set(key, item)
    else {
      const longest = item.length > before.length ? item : before
      byId.set(key, {
        ...longest,
        lines: [...(before.lines ?? []), ...(item.lines ?? [])],
        areas: [...(before.areas ?? []), ...(item.areas ?? [])],
      })
    }
  }
  return [...byId.values()]
}

/**
 * What lies in the cells of a clustered zoom, all layers together: `{features, clusters}`. A cell with one feature that
 * is shown is that feature, else a ring at the mean place.
 */
export function gathered(items, shown) {
  const cells = new Map()
  for (const item of items) {
    const counts = item.kind === 'cluster' ? only(item.counts, shown) : only({ [item.condition]: 1 }, shown)
    const n = sumOf(counts)
    if (n === 0) continue
    const cell = cells.get(item.cell) ?? { n: 0, x: 0, y: 0, counts: none(), lone: null, layers: new Set() }
    cell.lone = cell.n === 0 && item.kind === 'feature' ? item : null
    cell.x = (cell.x * cell.n + item.x * n) / (cell.n + n)
    cell.y = (cell.y * cell.n + item.y * n) / (cell.n + n)
    cell.n += n
    cell.layers.add(item.layer)
    for (const name of Object.keys(counts)) cell.counts[name] += counts[name]
    cells.set(item.cell, cell)
  }
  const features = []
  const clusters = []
  for (const [key, cell] of cells) {
    if (cell.lone) features.push(cell.lone)
    else clusters.push({ kind: 'cluster', cell: key, x: cell.x, y: cell.y, counts: cell.counts, n: cell.n, layers: cell.layers, cells: [key] })
  }
  return { features, clusters }
}

/** Rings that would lie upon one another become one; `scale` is the world's width in px. Greatest first, so it is stable. */
export function merged(clusters, scale, overlap = 0.8) {
  const kept = []
  for (const one of [...clusters].sort((a, b) => b.n - a.n || (a.cell < b.cell ? -1 : 1))) {
    const near = kept.find(
      (other) => Math.hypot(one.x - other.x, one.y - other.y) * scale < (ringRadius(one.n) + ringRadius(other.n)) * overlap,
    )
    if (!near) {
      kept.push({ ...one, counts: { ...one.counts }, layers: new Set(one.layers), cells: [...(one.cells ?? [])] })
      continue
    }
    near.x = (near.x * near.n + one.x * one.n) / (near.n + one.n)
    near.y = (near.y * near.n + one.y * one.n) / (near.n + one.n)
    near.n += one.n
    near.cells.push(...(one.cells ?? []))
    for (const name of Object.keys(near.counts)) near.counts[name] += one.counts[name]
    for (const layer of one.layers) near.layers.add(layer)
  }
  return kept
}

/** A crowded tile's points gathered in the cells of a zoom; what has an extent stays. Once for a tile and zoom. */
export function thinned(entry, zoom) {
  if (entry.thinned?.zoom === zoom) return entry.thinned.items
  const cells = new Map()
  const items = []
  for (const item of entry.items) {
    if (item.lines || item.areas || item.kind === 'cluster') {
      items.push(item)
      continue
    }
    const cell = cellOf(zoom, item.x, item.y)
    const before = cells.get(cell)
    if (!before) cells.set(cell, { lone: item, n: 1, x: item.x, y: item.y, counts: { [item.condition]: 1 } })
    else {
      before.n++
      before.x += item.x
      before.y += item.y
      before.counts[item.condition] = (before.counts[item.condition] ?? 0) + 1
    }
  }
  for (const [cell, { lone, n, x, y, counts }] of cells) {
    if (n === 1) items.push({ ...lone, cell })
    else items.push({ kind: 'cluster', layer: entry.layer, cell, x: x / n, y: y / n, counts: { ...none(), ...counts } })
  }
  entry.thinned = { zoom, items }
  return items
}

/** What is drawn of tiles `[{items, layer, tile}]`: places where too much would lie upon one another are rings at any zoom. */
export function sceneOfTiles(entries, { shown, zoom, scale }) {
  if (sourceZoom(zoom) < CLUSTERED_BELOW) return sceneOf(entries.flatMap((entry) => entry.items), { shown, zoom, scale })
  const level = Math.floor(zoom)
  const room = CROWDED * 4 ** (level - CLUSTERED_BELOW)
  const inTile = new Map()
  for (const { tile, items } of entries) {
    const name = `${tile.z}/${tile.x}/${tile.y}`
    inTile.set(name, (inTile.get(name) ?? 0) + items.length)
  }
  const crowded = []
  const free = []
  for (const entry of entries) {
    const isCrowded = inTile.get(`${entry.tile.z}/${entry.tile.x}/${entry.tile.y}`) > room
    if (isCrowded) for (const item of thinned(entry, level)) (item.lines || item.areas ? free : crowded).push(item)
    else for (const item of entry.items) free.push(item)
  }
  const { features, clusters } = gathered(crowded, shown)
  const whole = joined(free.filter((item) => item.kind === 'feature' && shown.has(item.condition)))
  return [...[...whole, ...features].sort(byBadness), ...merged(clusters, scale).sort(byBadness)]
}

const byBadness = (a, b) => rankOf(a) - rankOf(b) || (a.id ?? 0) - (b.id ?? 0)

/** What is drawn of the items of one source zoom, in the order of drawing: what is to be seen first comes last. */
export function sceneOf(items, { shown, zoom, scale }) {
  if (sourceZoom(zoom) >= CLUSTERED_BELOW) {
    return joined(items.filter((item) => item.kind === 'feature' && shown.has(item.condition))).sort(byBadness)
  }
  const { features, clusters } = gathered(items, shown)
  return [...features.sort(byBadness), ...merged(clusters, scale).sort(byBadness)]
}

const rankOf = (item) => RANK[item.kind === 'cluster' ? worstOf(item.counts) : item.condition] ?? 0

/** Diameter in px of a feature's symbol at a zoom. */
export function coinSize(zoom, condition) {
  if (zoom < 13) return condition === 'alarm' ? 24 : 20
  if (zoom < 14) return 20
  return zoom < 16 ? 24 : 28
}

/** Whether a feature's name is written at a zoom, room permitting. */
export const isNamed = (zoom, condition) =>
  zoom >= 16 || condition === 'alarm' || (zoom >= 14 && condition === 'attention')

/** The drawn thing under a point, nearest first; `reach` is half the hit area in px. Null where there is none. */
export function hit(drawn, x, y, reach) {
  let best = null
  let nearest = Infinity
  for (const item of drawn) {
    const far = Math.hypot(item.px - x, item.py - y)
    if (far <= Math.max(reach, item.radius) && far < nearest) {
      best = item
      nearest = far
    }
  }
  return best
}

/** The order of the list beside the map: worst first, then by name. */
export const forList = (scene) =>
  [...scene].sort(
    (a, b) => rankOf(b) - rankOf(a) || (b.n ?? 1) - (a.n ?? 1) || (a.name ?? '').localeCompare(b.name ?? '', 'zh') || (a.id ?? 0) - (b.id ?? 0),
  )
