/** What lies on the sheet: lines and areas, coins and rings, their names, the names of places between them. */
import { ringRadius, sumOf, worstOf } from './conditions.js'
import { Places, around, boxOf } from './labels.js'
import { drawName, drawRing, stampCoin } from './paint.js'
import { coinSize, hit, isNamed, sceneOfTiles } from './scene.js'

const SELECTED = 34

/**
 * Draws a scene and knows afterwards what is where. `state` holds `shown` (conditions), `selected` and `lit`
 * (`layer/id`, or a cell), `marked` (keys), `opacity` (layer → 0 to 1) and `value` (what stands below the selected one's
 * name); `entries()` gives the tiles.
 */
export class Symbols {
  constructor({ entries, state, glyphs, colour, basemap, fonts, free }) {
    Object.assign(this, { entries, state, glyphs, colour, basemap, fonts, free })
    this.drawn = []
    this.names = [] // boxes of all names on the sheet
    this.scene = []
    this.key = ''
    this.version = 0
    this.pulses = []
  }

  /** The tiles hold something new. */
  changed() {
    this.version++
  }

  /** The scene at a zoom, worked out once however often it is drawn. */
  sceneAt(zoom, scale) {
    const key = `${this.version} ${zoom} ${[...this.state.shown].join()}`
    if (key !== this.key) {
      this.key = key
      this.scene = sceneOfTiles(this.entries(), { shown: this.state.shown, zoom, scale })
    }
    return this.scene
  }

  draw(context, view) {
    const colour = this.colour()
    const { state } = this
    const [reachX, reachY] = [(view.margin?.x ?? 0) + 60, (view.margin?.y ?? 0) + 60]
    this.drawn = []
    this.drawnVersion = this.version
    for (const item of this.sceneAt(view.zoom, view.scale)) {
      const [px, py] = view.toView([item.x, item.y])
      const isInView = px > -reachX && py > -reachY && px < view.width + reachX && py < view.height + reachY
      if (!isInView && !item.lines && !item.areas) continue
      const key = keyOf(item)
      const isSelected = key === state.selected
      const size = isSelected ? SELECTED : item.kind === 'cluster' ? 0 : coinSize(view.zoom, item.condition)
      const radius = item.kind === 'cluster' ? ringRadius(item.n) + 3 : size / 2
      const worst = item.kind === 'cluster' ? worstOf(item.counts) : item.condition
      this.drawn.push({ ...item, key, px, py, size, radius, worst, isSelected, isLit: key === state.lit, isMarked: state.marked?.has(key) ?? false })
    }
    // What is to be seen first is drawn last: the pointed at, then the selected.
    this.drawn.sort((a, b) => a.isLit - b.isLit || a.isSelected - b.isSelected)
    for (const item of this.drawn) if (item.lines || item.areas) this.drawShape(context, view, item, colour)
    const places = new Places()
    const grave = new Places() // what an alarm's name must not cover either: names, and whatever is not well
    for (const item of this.drawn) {
      const box = boxOf(item)
      places.take(box)
      if (item.worst !== 'normal') grave.take(box)
    }
    const symbolBoxes = places.boxes.length
    const names = this.placeNames(context, view, places, grave)
    this.basemap()?.drawNames(context, view, colour, places, this.fonts, this.free())
    this.names = places.boxes.slice(symbolBoxes)
    for (const item of this.drawn) this.drawSymbol(context, item, colour)
    for (const name of names) {
      context.font = `600 13px ${this.fonts}`
      drawName(context, name.text, name.x, name.y - (name.value ? 8 : 0), { ink: colour('--ink'), halo: colour('--map-halo'), align: name.align })
      if (name.value) drawName(context, name.value, name.x, name.y + 9, { ink: colour(`--${name.condition}-text`), halo: colour('--map-halo'), align: name.align })
    }
    this.drawPulses(context, view, colour)
  }

  drawSymbol(context, item, colour) {
    const { glyphs, state } = this
    const around = (radius, width) => {
      context.beginPath()
      context.arc(0, 0, radius, 0, 2 * Math.PI)
      context.lineWidth = width
      context.strokeStyle = colour('--accent')
      context.stroke()
    }
    context.save()
    context.translate(item.px, item.py)
    if (item.isSelected) {
      context.globalAlpha = 0.13
      context.fillStyle = colour('--accent')
      context.beginPath()
      context.arc(0, 0, item.radius + 13, 0, 2 * Math.PI)
      context.fill()
      context.globalAlpha = 1
      around(item.radius + 8, 2.2)
    } else if (item.isLit || item.isMarked) around(item.radius + 4, item.isLit ? 2 : 2.5)
    context.globalAlpha = item.isSelected ? 1 : opacityOf(state, item)
    if (item.kind === 'cluster') drawRing(context, { counts: item.counts, n: item.n, colour, glyphs, font: this.fonts })
    else stampCoin(context, { layer: item.layer, condition: item.condition, size: item.size, colour, glyphs })
    context.restore()
  }

  drawShape(context, { toView, zoom }, item, colour) {
    context.strokeStyle = colour(`--${item.condition}-fill`)
    context.lineWidth = (item.isSelected ? 5 : 3) + (zoom >= 16 ? 1 : 0)
    context.setLineDash(item.condition === 'silent' ? [6, 5] : [])
    context.lineJoin = context.lineCap = 'round'
    const alpha = (item.condition === 'normal' && !item.isSelected ? 0.75 : 1) * (item.isSelected ? 1 : opacityOf(this.state, item))
    context.globalAlpha = alpha
    for (const line of [...(item.lines ?? []), ...(item.areas ?? [])]) {
      context.beginPath()
      line.forEach((point, n) => (n ? context.lineTo(...toView(point)) : context.moveTo(...toView(point))))
      if (item.areas) {
        context.fillStyle = colour(`--${item.condition}-fill`)
        context.globalAlpha = 0.14 * alpha
        context.fill()
        context.globalAlpha = alpha
      }
      context.stroke()
    }
    context.globalAlpha = 1
    context.setLineDash([])
  }

  /** Names that fit round their symbols: the selected one's always, then the worst. */
  placeNames(context, view, places, grave) {
    context.font = `600 13px ${this.fonts}`
    const named = []
    const isInside = ([left, , right]) => left > -(view.margin?.x ?? 0) && right < view.width + (view.margin?.x ?? 0)
    for (const item of [...this.drawn].reverse()) {
      if (item.kind === 'cluster' || !(item.isSelected || item.isLit || isNamed(view.zoom, item.condition))) continue
      const text = item.name.length > 16 && !item.isSelected ? `${item.name.slice(0, 15)}…` : item.name
      const value = item.isSelected ? this.state.value : null
      const wide = Math.max(context.measureText(text).width, value ? context.measureText(value).width : 0)
      const spots = around(item, wide, value ? 36 : 18)
      const isFirst = item.isSelected || item.condition === 'alarm'
      const spot =
        spots.find(({ box }) => isInside(box) && places.isFree(box)) ??
        (isFirst ? spots.find(({ box }) => isInside(box) && grave.isFree(box)) : null) ??
        (item.isSelected ? spots[0] : null)
      if (!spot) continue
      places.take(spot.box)
      grave.take(spot.box)
      named.push({ text, value, condition: item.condition, ...spot })
    }
    return named
  }

  /** One ring runs out from a place, once; still for some seconds where motion is not wanted. */
  pulse(world, again) {
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
    this.pulses.push({ world, from: performance.now(), ms: isStill ? 5_000 : 1_400, isStill })
    const step = () => {
      again()
      if (this.pulses.length) requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  }

  drawPulses(context, { toView }, colour) {
    const now = performance.now()
    this.pulses = this.pulses.filter((pulse) => now - pulse.from < pulse.ms)
    for (const { world, from, ms, isStill } of this.pulses) {
      const share = isStill ? 0.4 : (now - from) / ms
      const [x, y] = toView(world)
      context.beginPath()
      context.arc(x, y, 14 + 34 * share, 0, 2 * Math.PI)
      context.lineWidth = 3
      context.globalAlpha = 1 - share
      context.strokeStyle = colour('--alarm-fill')
      context.stroke()
      context.globalAlpha = 1
    }
  }

  /** The symbol under a point of the view, for a mouse or a finger. */
  at(x, y, isFinger) {
    return hit(this.drawn, x, y, isFinger ? 22 : 16)
  }

  /** What is in view now, without what lies outside the edges. */
  inView({ width, height }) {
    return this.drawn.filter((d) => d.px >= 0 && d.py >= 0 && d.px <= width && d.py <= height)
  }
}

/** What names a drawn thing: `layer/id` of a feature, the cell of a ring. */
export const keyOf = (item) => (item.kind === 'cluster' ? `cell ${item.cell}` : `${item.layer}/${item.id}`)

/** How opaque a symbol is: a ring as the least faint of its layers. */
function opacityOf({ opacity }, item) {
  if (!opacity) return 1
  return item.kind === 'cluster' ? Math.max(...[...item.layers].map((layer) => opacity[layer] ?? 1)) : (opacity[item.layer] ?? 1)
}

/** "134 个要素，告警 2，关注 5": what a ring is called. */
export function ringName(counts, { conditions, words }) {
  const parts = Object.keys(conditions).filter((name) => counts[name] > 0).map((name) => `${conditions[name]} ${counts[name]}`)
  return [words.features.replace('{n}', sumOf(counts)), ...parts].join(words.and)
}
