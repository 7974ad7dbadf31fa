/**
 * The symbols in view as one tab stop: arrow keys go to the nearest symbol in that direction, Enter opens, as a press
 * does. A button lies over the symbol that is meant and bears its name, so that it is spoken and has the focus ring.
 */
import { keyOf, ringName } from './symbols.js'

const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }

/** The next of several places `{px, py}` from one, in a direction [x, y]; those aside count as further. Null: none. Pure. */
export function nextIn(places, from, [dx, dy]) {
  let best = null
  let nearest = Infinity
  for (const place of places) {
    const [x, y] = [place.px - from.px, place.py - from.py]
    const along = x * dx + y * dy
    const aside = Math.abs(x * dy) + Math.abs(y * dx)
    if (along < 1 || aside > along * 2) continue
    const far = along + 2 * aside
    if (far < nearest) {
      best = place
      nearest = far
    }
  }
  return best
}

export class Stops {
  /** @param {object} wiring sheet, config, onOpen(item), onLight(key|null), say(text) */
  constructor({ sheet, config, onOpen, onLight, say }) {
    Object.assign(this, { sheet, config, onOpen, onLight, say })
    this.stop = document.getElementById('symbol-stop')
    this.key = null
    this.stop.addEventListener('focus', () => this.show(this.current() ?? this.first()))
    this.stop.addEventListener('blur', () => this.onLight(null))
    this.stop.addEventListener('keydown', (event) => this.press(event))
    this.stop.addEventListener('click', () => {
      const item = this.current()
      if (item) this.onOpen(item)
    })
  }

  /** Symbols in the free part of the view. */
  items() {
    const { left, top, right, bottom } = this.sheet.free()
    return this.sheet.symbols.drawn.filter(({ px, py }) => px > left && px < right && py > top && py < bottom)
  }

  current() {
    return this.items().find((item) => keyOf(item) === this.key) ?? null
  }

  /** The worst one first: it is what people come for. */
  first() {
    return this.items().at(-1) ?? null
  }

  press(event) {
    if (!(event.key in WAYS)) return
    event.preventDefault()
    event.stopPropagation()
    const from = this.current()
    const next = from ? nextIn(this.items(), from, WAYS[event.key]) : this.first()
    if (next) this.show(next)
    else this.say(this.config.words.notFound)
  }

  show(item) {
    const { words, conditions } = this.config
    if (!item) {
      this.key = null
      this.stop.setAttribute('aria-label', words.symbolStop)
      return
    }
    this.key = keyOf(item)
    const name = item.kind === 'cluster' ? ringName(item.counts, this.config) : [item.name, conditions[item.condition], item.code].join(words.and)
    this.stop.setAttribute('aria-label', name)
    this.place(item)
    this.onLight(this.key)
  }

  place(item) {
    const side = 2 * item.radius + 8
    this.stop.style.width = this.stop.style.height = `${side}px`
    this.stop.style.transform = `translate(${item.px - side / 2}px, ${item.py - side / 2}px)`
  }

  /** The map has moved. */
  follow() {
    if (document.activeElement !== this.stop) return
    const item = this.current()
    if (item) this.place(item)
    else this.show(this.first())
  }
}
