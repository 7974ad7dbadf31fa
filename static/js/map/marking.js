/** Choosing several features: what lies in a box, an outline or the view, with counts by condition and layer. */
import { WORST_FIRST, none } from './conditions.js'
import { button, element, icon, make } from './dom.js'
import { boxOf, isInside, readFeatures } from './features.js'

export class Marking {
  /** @param {object} wiring config, state, onMarked(keys), onTable() */
  constructor({ config, state, onMarked, onTable }) {
    Object.assign(this, { config, state, onMarked, onTable })
    this.card = document.getElementById('marked')
    this.rows = []
    this.card.addEventListener('keydown', (event) => event.key === 'Escape' && (event.stopPropagation(), this.clear()))
  }

  /** Chooses what lies in an outline of [lon, lat], under the filters of the map. */
  async within(outline) {
    this.running?.abort()
    const { signal } = (this.running = new AbortController())
    const { words } = this.config
    this.say(words.marking)
    try {
      const { rows, isWhole } = await readFeatures({ state: this.state, bbox: boxOf(outline), signal })
      this.set(rows.filter(({ at }) => isInside(at, outline)), isWhole)
    } catch (error) {
      if (error.name !== 'AbortError') this.say(words.failed)
    }
  }

  /** These rows are the chosen ones. */
  set(rows, isWhole = true) {
    this.rows = rows
    this.state.marked = new Set(rows.map((row) => row.key))
    this.show(isWhole)
    this.onMarked([...this.state.marked])
  }

  clear() {
    this.running?.abort()
    this.set([])
    this.card.hidden = true
  }

  say(text) {
    this.card.hidden = false
    this.card.replaceChildren(make('p', { role: 'status', textContent: text }))
  }

  show(isWhole) {
    const { words, conditions, layers, sprite, icons } = this.config
    if (!this.rows.length) return this.say(words.markedNone)
    const byCondition = none()
    const byLayer = new Map()
    for (const { condition, layer } of this.rows) {
      byCondition[condition]++
      byLayer.set(layer, (byLayer.get(layer) ?? 0) + 1)
    }
    const marks = WORST_FIRST.filter((name) => byCondition[name]).map((name) => {
      const one = element('li', `t-${name}`)
      one.append(icon(sprite, `cond-${name}`, 14), document.createTextNode(`${conditions[name]} ${byCondition[name]}`))
      return one
    })
    const kinds = layers.filter(({ key }) => byLayer.has(key)).map(({ key, name, glyph }) => {
      const one = element('li')
      one.append(icon(sprite, glyph, 16), document.createTextNode(`${name} ${byLayer.get(key)}`))
      return one
    })
    const table = button('btn tiny', icon(icons, 'i-table-2', 15), element('span', '', words.inTable))
    table.addEventListener('click', () => this.onTable())
    const clear = button('btn tiny quiet', words.clear)
    clear.addEventListener('click', () => this.clear())
    this.card.hidden = false
    this.card.replaceChildren(...[
      make('p', { className: 'marked-head', role: 'status' }, element('b', '', words.marked.replace('{n}', this.rows.length))),
      make('ul', { className: 'marked-counts' }, ...marks), make('ul', { className: 'marked-counts' }, ...kinds),
      isWhole ? null : element('p', 'sm dim', words.tooMany.replace('{n}', this.rows.length)),
      make('div', { className: 'marked-ways' }, table, clear),
    ].filter(Boolean))
  }
}
