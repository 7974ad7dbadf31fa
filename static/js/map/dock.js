/** The dock: legend that filters, layers with their tallies, and the list twin of what is in view. */
import { WORST_FIRST, none, worstOf } from './conditions.js'
import { forList } from './scene.js'
import { keyOf, ringName } from './symbols.js'

const SVG = 'http://www.w3.org/2000/svg'
const MOST = 120

function icon(sprite, name, size) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('width', size)
  svg.setAttribute('height', size)
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS(SVG, 'use')
  use.setAttribute('href', `${sprite}#${name}`)
  svg.append(use)
  return svg
}

function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

/** The mix of conditions as a bar, worst first; figures stand beside it in words. */
function mixBar(counts) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'mix')
  svg.setAttribute('viewBox', '0 0 100 4')
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('aria-hidden', 'true')
  const present = WORST_FIRST.filter((name) => counts[name] > 0)
  const total = present.reduce((sum, name) => sum + counts[name], 0)
  let x = 0
  for (const name of present) {
    const wide = Math.max(2.5, (counts[name] / total) * (100 - 2.5 * present.length) + 2.5 - 0.8)
    const part = document.createElementNS(SVG, 'rect')
    part.setAttribute('x', x)
    part.setAttribute('y', name === 'normal' ? 1.2 : 0)
    part.setAttribute('width', wide)
    part.setAttribute('height', name === 'normal' ? 1.6 : 4)
    part.setAttribute('class', `f-${name}`)
    svg.append(part)
    x += wide + 0.8
  }
  return svg
}

export class Dock {
  /** @param {object} wiring config, state, and what to call: onFilter(), onOpen(item), onLight(key|null) */
  constructor({ config, state, onFilter, onOpen, onLight }) {
    Object.assign(this, { config, state, onFilter, onOpen, onLight })
    this.legend = [...document.querySelectorAll('.legend-one')]
    this.layers = document.getElementById('layers')
    this.list = document.getElementById('view-list')
    this.items = []
    this.active = -1
    for (const button of this.legend) {
      button.addEventListener('click', (event) => this.filter(button.dataset.condition, event.altKey))
    }
    this.list.addEventListener('keydown', (event) => this.moveInList(event))
    this.list.addEventListener('click', (event) => this.openOf(event))
    this.list.addEventListener('pointerover', (event) => this.onLight(event.target.closest('[role=option]')?.dataset.key ?? null))
    this.list.addEventListener('pointerleave', () => this.onLight(null))
    this.list.addEventListener('blur', () => this.onLight(null))
    this.showTallies()
  }

  /** Hides or shows a condition; alone with Alt; all with null. */
  filter(condition, isAlone = false) {
    const { shown } = this.state
    if (condition === null) WORST_FIRST.forEach((name) => shown.add(name))
    else if (isAlone) {
      shown.clear()
      shown.add(condition)
    } else if (shown.has(condition)) shown.delete(condition)
    else shown.add(condition)
    this.showTallies()
    this.onFilter()
  }

  /** Legend and layers with the tallies as they stand in the configuration. */
  showTallies() {
    const { shown, on } = this.state
    const all = none()
    for (const layer of this.config.layers) {
      if (on.has(layer.key)) for (const name of WORST_FIRST) all[name] += layer.by_condition[name] ?? 0
    }
    for (const button of this.legend) {
      const { condition } = button.dataset
      button.setAttribute('aria-pressed', String(shown.has(condition)))
      button.querySelector('[data-count]').textContent = all[condition]
    }
    document.getElementById('layers-on').textContent = `${on.size} / ${this.config.layers.length}`
    const focused = document.activeElement?.closest?.('[data-layer]')?.dataset.layer
    this.layers.replaceChildren(...this.config.layers.map((layer) => this.layerRow(layer)))
    if (focused) this.layers.querySelector(`[data-layer="${CSS.escape(focused)}"] input`)?.focus()
  }

  layerRow(layer) {
    const row = element('li', 'layer')
    row.dataset.layer = layer.key
    const label = element('label', 'layer-line')
    const box = element('input')
    box.type = 'checkbox'
    box.checked = this.state.on.has(layer.key)
    box.addEventListener('change', () => {
      this.state.on[box.checked ? 'add' : 'delete'](layer.key)
      this.showTallies()
      this.onFilter()
    })
    const glyph = element('span', 'layer-glyph')
    glyph.append(icon(this.config.sprite, layer.glyph, 18))
    const name = element('span', 'layer-name cut', layer.name)
    name.title = layer.name
    label.append(box, glyph, name, element('b', 'layer-count', layer.count))
    row.append(label)
    const worst = worstOf(layer.by_condition)
    const below = element('div', 'layer-below')
    below.append(mixBar(layer.by_condition))
    if (layer.count && worst !== 'normal') {
      const mark = element('span', `layer-worst t-${worst}`)
      mark.append(icon(this.config.sprite, `cond-${worst}`, 13), document.createTextNode(layer.by_condition[worst]))
      mark.title = `${this.config.conditions[worst]} ${layer.by_condition[worst]}`
      below.append(mark)
    }
    row.append(below)
    return row
  }

  /** The list of what is in view, worst first. */
  show(items) {
    const before = this.items[this.active] && keyOf(this.items[this.active])
    const sorted = forList(items)
    this.items = sorted.slice(0, MOST)
    document.getElementById('in-view').textContent = sorted.reduce((sum, item) => sum + (item.n ?? 1), 0)
    const rows = this.items.map((item, n) => this.listRow(item, n))
    if (!rows.length) rows.push(element('li', 'list-none dim', this.config.words.nothing))
    if (sorted.length > MOST) rows.push(element('li', 'list-none dim', this.config.words.more.replace('{n}', sorted.length - MOST)))
    this.list.replaceChildren(...rows)
    this.active = before ? this.items.findIndex((item) => keyOf(item) === before) : -1
    this.markActive(false)
  }

  listRow(item, n) {
    const row = element('li', 'view-row')
    const condition = item.kind === 'cluster' ? worstOf(item.counts) : item.condition
    row.id = `view-${n}`
    row.setAttribute('role', 'option')
    row.dataset.key = keyOf(item)
    row.setAttribute('aria-selected', String(keyOf(item) === this.state.selected))
    row.append(icon(this.config.sprite, `cond-${condition}`, 16))
    const text = element('span', 'grow')
    if (item.kind === 'cluster') {
      const [first, ...rest] = ringName(item.counts, this.config).split(this.config.words.and)
      text.append(element('b', 'cut', first), element('small', 'cut dim', rest.join(this.config.words.and)))
    } else {
      const name = element('b', 'cut', item.name)
      name.title = item.name
      text.append(name, element('small', 'cut dim', `${item.code} · ${this.layerName(item.layer)}`))
      row.append(element('span', 'sr', this.config.conditions[condition]))
    }
    row.append(text)
    return row
  }

  layerName(key) {
    return this.config.layers.find((layer) => layer.key === key)?.name ?? key
  }

  openOf(event) {
    const row = event.target.closest('[role=option]')
    const n = [...this.list.children].indexOf(row)
    if (row && this.items[n]) {
      this.active = n
      this.markActive(false)
      this.onOpen(this.items[n])
    }
  }

  moveInList(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -this.items.length, End: this.items.length, PageDown: 8, PageUp: -8 }
    if (event.key in steps && this.items.length) {
      event.preventDefault()
      event.stopPropagation()
      this.active = Math.max(0, Math.min(this.items.length - 1, this.active + steps[event.key]))
      this.markActive(true)
    } else if ((event.key === 'Enter' || event.key === ' ') && this.items[this.active]) {
      event.preventDefault()
      this.onOpen(this.items[this.active])
    }
  }

  markActive(isMoved) {
    const row = this.active >= 0 ? this.list.children[this.active] : null
    for (const other of this.list.querySelectorAll('.is-active')) other.classList.remove('is-active')
    if (!row) return this.list.removeAttribute('aria-activedescendant')
    row.classList.add('is-active')
    this.list.setAttribute('aria-activedescendant', row.id)
    if (isMoved) {
      row.scrollIntoView({ block: 'nearest' })
      this.onLight(row.dataset.key)
    }
  }

  /** The selection has changed. */
  markSelected() {
    for (const row of this.list.querySelectorAll('[role=option]')) {
      row.setAttribute('aria-selected', String(row.dataset.key === this.state.selected))
    }
  }
}
