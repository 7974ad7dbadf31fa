/** What lies on the sheet: lines and areas, coins and rings, their names, the names of places between them. */
import { sumOf } from './conditions.js'
import { drawCoin, drawName, drawRing } from './paint.js'
import { ringRadius } from './conditions.js'
import { coinSize, hit, isNamed, sceneOf } from './scene.js'

const SELECTED = 34

/**
 * Draws a scene and knows afterwards what is where. `state` holds `shown` (conditions), `selected` and `lit`
 * (`layer/id`, or a cell), `items()` gives what the tiles hold.
 */
export class Symbols {
  constructor({ items, state, glyphs, colour, basemap, fonts }) {
    Object.assign(this, { items, state, glyphs, colour, basemap, fonts })
    this.drawn = []
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
      this.scene = sceneOf(this.items(), { shown: this.state.shown, zoom, scale })
    }
    return this.scene
  }

  draw(context, view) {
    const colour = this.colour()
    const { state, glyphs } = this
    const margin = 60
    this.drawn = []
    for (const item of this.sceneAt(view.zoom, view.scale)) {
      const [px, py] = view.toView([item.x, item.y])
      const key = keyOf(item)
      const isSelected = key === state.selected
      const size = isSelected ? SELECTED : item.kind === 'cluster' ? 0 : coinSize(view.zoom, item.condition)
      const radius = item.kind === 'cluster' ? ringRadius(item.n) + 3 : size / 2
      const isInView = px > -margin && py > -margin && px < view.width + margin && py < view.height + margin
      if (isInView || item.lines || item.areas) this.drawn.push({ ...item, key, px, py, size, radius, isSelected, isLit: key === state.lit })
    }
    // What is to be seen first is drawn last: the pointed at, then the selected.
    this.drawn.sort((a, b) => a.isLit - b.isLit || a.isSelected - b.isSelected)
    for (const item of this.drawn) if (item.lines || item.areas) this.drawShape(context, view, item, colour)
    const taken = this.drawn.map((d) => [d.px - d.radius - 2, d.py - d.radius - 2, d.px + d.radius + 2, d.py + d.radius + 2])
    const names = this.placeNames(context, view, taken)
    this.basemap()?.drawNames(context, view, colour, taken, this.fonts)
    for (const item of this.drawn) {
      context.save()
      context.translate(item.px, item.py)
      if (item.isSelected || item.isLit) {
        context.beginPath()
        context.arc(0, 0, item.radius + (item.isSelected ? 8 : 4), 0, 2 * Math.PI)
        context.lineWidth = 2
        context.strokeStyle = colour('--accent')
        context.stroke()
        if (item.isSelected) {
          context.globalAlpha = 0.16
          context.fillStyle = colour('--accent')
          context.beginPath()
          context.arc(0, 0, item.radius + 13, 0, 2 * Math.PI)
          context.fill()
          context.globalAlpha = 1
        }
      }
      if (item.kind === 'cluster') drawRing(context, { counts: item.counts, n: item.n, colour, glyphs, font: this.fonts })
      else drawCoin(context, { layer: item.layer, condition: item.condition, size: item.size, colour, glyphs })
      context.restore()
    }
    context.font = `600 13px ${this.fonts}`
    for (const { text, x, y, align } of names) drawName(context, text, x, y, { ink: colour('--ink'), halo: colour('--map-halo'), align })
    this.drawPulses(context, view, colour)
  }

  drawShape(context, { toView, zoom }, item, colour) {
    context.strokeStyle = colour(`--${item.condition}-fill`)
    context.lineWidth = (item.isSelected ? 5 : 3) + (zoom >= 16 ? 1 : 0)
    context.setLineDash(item.condition === 'silent' ? [6, 5] : [])
    context.lineJoin = context.lineCap = 'round'
    context.globalAlpha = item.condition === 'normal' && !item.isSelected ? 0.75 : 1
    for (const line of [...(item.lines ?? []), ...(item.areas ?? [])]) {
      context.beginPath()
      line.forEach((point, n) => (n ? context.lineTo(...toView(point)) : context.moveTo(...toView(point))))
      if (item.areas) {
        context.fillStyle = colour(`--${item.condition}-fill`)
        const before = context.globalAlpha
        context.globalAlpha = 0.14
        context.fill()
        context.globalAlpha = before
      }
      context.stroke()
    }
    context.globalAlpha = 1
    context.setLineDash([])
  }

  /** Names that fit, to the right of a symbol or else to its left: selected first, then the worst. */
  placeNames(context, view, taken) {
    context.font = `600 13px ${this.fonts}`
    const named = []
    for (const item of [...this.drawn].reverse()) {
      if (item.kind === 'cluster' || !(item.isSelected || item.isLit || isNamed(view.zoom, item.condition))) continue
      const text = item.name.length > 16 && !item.isSelected ? `${item.name.slice(0, 15)}…` : item.name
      const wide = context.measureText(text).width
      const off = item.radius + (item.isSelected ? 14 : 5)
      const right = [item.px + off, item.py - 9, item.px + off + wide, item.py + 9]
      const left = [item.px - off - wide, item.py - 9, item.px - off, item.py + 9]
      const isFree = (box) => box[0] > 0 && box[2] < view.width && !taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])
      const box = [right, left].find(isFree) ?? (item.isSelected ? right : null)
      if (!box) continue
      taken.push(box)
      named.push(box === left ? { text, x: item.px - off, y: item.py, align: 'right' } : { text, x: item.px + off, y: item.py, align: 'left' })
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

/** "134 个要素，告警 2，关注 5": what a ring is called. */
export function ringName(counts, { conditions, words }) {
  const parts = Object.keys(conditions).filter((name) => counts[name] > 0).map((name) => `${conditions[name]} ${counts[name]}`)
  return [words.features.replace('{n}', sumOf(counts)), ...parts].join(words.and)
}
