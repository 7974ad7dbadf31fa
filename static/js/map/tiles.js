/** Vector tiles: fetched, decoded to items (scene.js) and kept for what is in view. No Leaflet, no drawing. */
import { VectorTile } from '@mapbox/vector-tile'
import { PbfReader } from 'pbf'
import { WORST_FIRST } from './conditions.js'
import { cellOf } from './scene.js'

const nameOf = ({ z, x, y }) => `${z}/${x}/${y}`

/** The items of one tile's bytes: `features` that begin in its buffer belong to the neighbour and are left out. */
export function decode(bytes, layerKey, { z, x, y }) {
  const layer = bytes.byteLength ? new VectorTile(new PbfReader(bytes)).layers[layerKey] : null
  const items = []
  const across = 2 ** z
  for (let n = 0; n < (layer?.length ?? 0); n++) {
    const feature = layer.feature(n)
    const { properties: p, extent, type } = feature
    const world = (point) => [(x + point.x / extent) / across, (y + point.y / extent) / across]
    const parts = feature.loadGeometry()
    const isInside = (point) => point.x >= 0 && point.y >= 0 && point.x < extent && point.y < extent
    if (p.point_count !== undefined) {
      const at = world(parts[0][0])
      const counts = Object.fromEntries(WORST_FIRST.map((name) => [name, p[name] ?? 0]))
      items.push({ kind: 'cluster', layer: layerKey, cell: cellOf(z, ...at), x: at[0], y: at[1], counts })
      continue
    }
    const item = { kind: 'feature', layer: layerKey, id: p.id, code: p.code, name: p.name, condition: p.condition, length: 0 }
    if (type === 1) {
      if (!isInside(parts[0][0])) continue
      const at = world(parts[0][0])
      items.push({ ...item, x: at[0], y: at[1], cell: cellOf(z, ...at) })
    } else {
      const lines = parts.map((part) => part.map(world))
      const { at, length } = middleOf(lines)
      items.push({ ...item, x: at[0], y: at[1], length, cell: cellOf(z, ...at), [type === 2 ? 'lines' : 'areas']: lines })
    }
  }
  return items
}

/** The middle of the longest of several lines, by length along it. */
export function middleOf(lines) {
  const lengthOf = (line) => line.slice(1).reduce((sum, b, n) => sum + Math.hypot(b[0] - line[n][0], b[1] - line[n][1]), 0)
  const longest = lines.reduce((a, b) => (lengthOf(b) > lengthOf(a) ? b : a))
  const length = lengthOf(longest)
  let left = length / 2
  for (let n = 1; n < longest.length; n++) {
    const [a, b] = [longest[n - 1], longest[n]]
    const step = Math.hypot(b[0] - a[0], b[1] - a[1])
    if (step >= left && step > 0) return { at: [a[0] + ((b[0] - a[0]) * left) / step, a[1] + ((b[1] - a[1]) * left) / step], length }
    left -= step
  }
  return { at: longest[0], length }
}

/**
 * The tiles in view of the layers that are on. `want` says what is in view and fetches what is missing; `stale` has
 * tiles read again, the old ones stay until the new ones are there, so nothing flickers.
 */
export class TileStore {
  /** @param {() => void} onChange items are new @param {(key: string, status: number) => void} onRefused a layer cannot be read */
  constructor(onChange, onRefused = () => {}) {
    this.onChange = onChange
    this.onRefused = onRefused
    this.kept = new Map() // "layer z/x/y" → {items, tile, layer}
    this.running = new Map() // the same → AbortController
    this.again = new Set() // stale while running
    this.wanted = new Map() // the same → {layer, tile, query}
    this.zoom = null
    this.previous = [] // entries of the last zoom or filter, shown until this one is complete
    this.isHeld = false
  }

  /** What is shown stays until `release()`, whatever is fetched: counts and map then change in one step. */
  hold() {
    this.keepShown()
    this.isHeld = true
  }

  release() {
    this.isHeld = false
    if (this.isComplete) this.previous = []
    this.onChange()
  }

  keepShown() {
    if (!this.previous.length) this.previous = this.current()
  }

  current() {
    return [...this.wanted.keys()].map((name) => this.kept.get(name)).filter(Boolean)
  }

  /** Resolves when nothing is on its way any more. */
  async complete() {
    while (!this.isComplete) await new Promise((done) => (this.waiting ??= []).push(done))
  }

  /** @param {(layer: string) => string} queryOf the filter of a layer, as it stands in an address */
  want(layers, tiles, queryOf = () => '') {
    const zoom = tiles[0]?.z ?? null
    if (zoom !== this.zoom) {
      this.keepShown()
      this.zoom = zoom
      for (const name of [...this.kept.keys()]) this.kept.delete(name)
    }
    this.wanted = new Map(
      layers.flatMap((layer) => {
        const query = queryOf(layer)
        return tiles.map((tile) => [`${layer} ${nameOf(tile)} ${query}`, { layer, tile, query }])
      }),
    )
    for (const [name, controller] of this.running) if (!this.wanted.has(name)) controller.abort()
    for (const name of [...this.kept.keys()]) if (!this.wanted.has(name) && this.kept.size > 600) this.kept.delete(name)
    for (const [name, wanted] of this.wanted) {
      if (!this.kept.has(name) && !this.running.has(name)) this.fetch(name, wanted)
    }
    if (this.isComplete && !this.isHeld) this.previous = []
    this.onChange()
  }

  get isComplete() {
    return this.running.size === 0
  }

  /** Tiles in view `[{items, layer, tile}]`; those of the last zoom or filter while this one is still coming. */
  entries(layers) {
    const shown = new Set(layers)
    const entries = this.previous.length && (this.isHeld || !this.isComplete) ? this.previous : this.current()
    return entries.filter((entry) => shown.has(entry.layer))
  }

  /** Has tiles of a layer read again: those over a place (a share of the world), or all of them. */
  stale(layer, place = null) {
    const isThere = (tile) =>
      !place || (Math.floor(place[0] * 2 ** tile.z) === tile.x && Math.floor(place[1] * 2 ** tile.z) === tile.y)
    for (const [name, entry] of [...this.kept]) {
      if (entry.layer === layer && !this.wanted.has(name) && isThere(entry.tile)) this.kept.delete(name)
    }
    for (const [name, entry] of this.wanted) {
      if (entry.layer !== layer || !isThere(entry.tile)) continue
      if (this.running.has(name)) this.again.add(name)
      else this.fetch(name, entry)
    }
  }

  async fetch(name, wanted) {
    const { layer, tile, query } = wanted
    const controller = new AbortController()
    this.running.set(name, controller)
    let items = null
    try {
      const answer = await fetch(`/tiles/${layer}/${nameOf(tile)}.mvt${query && `?${query}`}`, { signal: controller.signal })
      if (answer.ok) items = answer.status === 204 ? [] : decode(await answer.arrayBuffer(), layer, tile)
      else this.onRefused(layer, answer.status)
    } catch (error) {
      if (error.name !== 'AbortError') this.onRefused(layer, 0)
    }
    this.running.delete(name)
    if (items && tile.z === this.zoom) this.kept.set(name, { items, layer, tile })
    if (this.again.delete(name) && this.wanted.has(name)) this.fetch(name, wanted)
    if (this.isComplete) {
      if (!this.isHeld) this.previous = []
      for (const done of this.waiting?.splice(0) ?? []) done()
    }
    this.onChange()
  }
}
