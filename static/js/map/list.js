/** The list twin of the map: what is in view, worst first; whatever a symbol does, its row does. */
import { worstOf } from './conditions.js'
import { element, icon } from './dom.js'
import { forList } from './scene.js'
import { keyOf, ringName } from './symbols.js'

const MOST = 120

/** A line of the list that stands for nothing; a listbox holds options only. */
function noRow(text) {
  const row = element('li', 'list-none dim', text)
  row.setAttribute('role', 'option')
  row.setAttribute('aria-disabled', 'true')
  return row
}

export class ViewList {
  /** @param {object} wiring config, state, onOpen(item), onLight(key|null) */
  constructor({ config, state, onOpen, onLight }) {
    Object.assign(this, { config, state, onOpen, onLight })
    this.list = document.getElementById('view-list')
    this.items = []
    this.active = -1
    this.list.addEventListener('keydown', (event) => this.moveInList(event))
    this.list.addEventListener('click', (event) => this.openOf(event))
    this.list.addEventListener('pointerover', (event) => this.onLight(event.target.closest('[role=option]')?.dataset.key ?? null))
    this.list.addEventListener('pointerleave', () => this.onLight(null))
    this.list.addEventListener('blur', () => this.onLight(null))
  }

  /** The list of what is in view, worst first. */
  show(items) {
    const before = this.items[this.active] && keyOf(this.items[this.active])
    const sorted = forList(items)
    this.items = sorted.slice(0, MOST)
    document.getElementById('in-view').textContent = sorted.reduce((sum, item) => sum + (item.n ?? 1), 0)
    const rows = this.items.map((item, n) => this.listRow(item, n))
    if (!rows.length) rows.push(noRow(this.config.words.nothing))
    if (sorted.length > MOST) rows.push(noRow(this.config.words.more.replace('{n}', sorted.length - MOST)))
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
      const name = ringName(item.counts, this.config)
      const [first, ...rest] = name.split(this.config.words.and)
      text.append(element('b', 'cut', first), element('small', 'cut dim', rest.join(this.config.words.and)))
      text.title = name
    } else {
      const name = element('b', 'cut', item.name)
      name.title = item.name
      const below = element('small', 'cut dim', `${item.code} · ${this.layerName(item.layer)}`)
      below.title = below.textContent
      text.append(name, below)
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
