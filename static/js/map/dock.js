/** The dock: the legend that filters, and the layers with their tallies, opacity and filters by attribute. */
import { attributeFilter, attributeTags } from './attributes.js'
import { WORST_FIRST, none, worstOf } from './conditions.js'
import { button, element, icon, make, mixBar } from './dom.js'

export class Dock {
  /** @param {object} wiring config, state, and what to call: onShown() conditions or layers, onFilter() filters, onLook() opacity */
  constructor({ config, state, onShown, onFilter, onLook }) {
    Object.assign(this, { config, state, onShown, onFilter, onLook })
    this.legend = [...document.querySelectorAll('.legend-one')]
    this.layers = document.getElementById('layers')
    this.rows = new Map() // key → row
    for (const one of this.legend) one.addEventListener('click', (event) => this.filter(one.dataset.condition, event.altKey))
    this.search = document.getElementById('layer-search')
    this.search.addEventListener('input', () => this.find())
    document.getElementById('layer-find').addEventListener('click', (event) => {
      const isOpen = this.search.hidden
      this.search.hidden = !isOpen
      event.currentTarget.setAttribute('aria-expanded', String(isOpen))
      if (isOpen) this.search.focus()
      else this.clearSearch()
    })
    this.search.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      this.search.hidden = true
      this.clearSearch()
      document.getElementById('layer-find').setAttribute('aria-expanded', 'false')
      document.getElementById('layer-find').focus()
    })
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
    this.onShown()
  }

  clearSearch() {
    this.search.value = ''
    this.find()
  }

  /** Layers whose name or key holds what is typed. */
  find() {
    const wanted = this.search.value.trim().toLowerCase()
    for (const layer of this.config.layers) {
      const isThere = !wanted || layer.name.toLowerCase().includes(wanted) || layer.key.includes(wanted)
      this.rows.get(layer.key)?.classList.toggle('is-elsewhere', !isThere)
    }
  }

  /** Legend and layers with the tallies as they stand in the configuration: those of the current filter. */
  showTallies() {
    const { shown, on } = this.state
    const all = none()
    for (const layer of this.config.layers) {
      if (on.has(layer.key)) for (const name of WORST_FIRST) all[name] += layer.by_condition[name] ?? 0
    }
    for (const one of this.legend) {
      const { condition } = one.dataset
      one.setAttribute('aria-pressed', String(shown.has(condition)))
      one.querySelector('[data-count]').textContent = all[condition]
    }
    document.getElementById('layers-on').textContent = `${on.size} / ${this.config.layers.length}`
    const keys = new Set(this.config.layers.map((layer) => layer.key))
    for (const [key, row] of this.rows) {
      if (keys.has(key)) continue
      row.remove()
      this.rows.delete(key)
    }
    for (const layer of this.config.layers) {
      if (!this.rows.has(layer.key)) {
        const row = this.layerRow(layer)
        this.rows.set(layer.key, row)
        this.layers.append(row)
      }
      this.showTally(this.rows.get(layer.key), layer)
    }
  }

  /** The figures of a layer's row; the row itself stays, so that nobody is disturbed in it. */
  showTally(row, layer) {
    row.querySelector('input[type=checkbox]').checked = this.state.on.has(layer.key)
    row.querySelector('.layer-count').textContent = layer.count
    const below = row.querySelector('.layer-below')
    below.replaceChildren(mixBar(layer.by_condition))
    const worst = worstOf(layer.by_condition)
    if (layer.count && worst !== 'normal') {
      const mark = element('span', `layer-worst t-${worst}`)
      mark.append(icon(this.config.sprite, `cond-${worst}`, 13), document.createTextNode(layer.by_condition[worst]))
      mark.title = `${this.config.conditions[worst]} ${layer.by_condition[worst]}`
      below.append(mark)
    }
    attributeTags(row.querySelector('.tags'), layer, this)
  }

  layerRow(layer) {
    const { config, state } = this
    const row = element('li', 'layer')
    row.dataset.layer = layer.key
    const box = make('input', { type: 'checkbox', checked: state.on.has(layer.key) })
    box.addEventListener('change', () => {
      state.on[box.checked ? 'add' : 'delete'](layer.key)
      this.showTallies()
      this.onShown()
    })
    const glyph = element('span', 'layer-glyph')
    glyph.append(icon(config.sprite, layer.glyph, 18))
    const label = make('label', { className: 'layer-line grow' }, box, glyph, make('span', { className: 'layer-name cut', title: layer.name, textContent: layer.name }), element('b', 'layer-count'))
    const more = button('icon-btn layer-more', icon(config.icons, 'i-chevron-right', 16))
    more.setAttribute('aria-expanded', 'false')
    more.setAttribute('aria-controls', `more-${layer.key}`)
    more.setAttribute('aria-label', config.words.layerMore.replace('{name}', layer.name))
    const part = make('div', { className: 'layer-part', id: `more-${layer.key}`, hidden: true })
    const tags = element('div', 'tags')
    part.append(tags, attributeFilter(layer, this), this.opacityOf(layer))
    more.addEventListener('click', () => {
      part.hidden = !part.hidden
      more.setAttribute('aria-expanded', String(!part.hidden))
      row.classList.toggle('is-open', !part.hidden)
    })
    row.append(make('div', { className: 'layer-head' }, label, more), element('div', 'layer-below'), part)
    return row
  }

  opacityOf(layer) {
    const { state, config } = this
    const value = () => Math.round((state.opacity[layer.key] ?? 1) * 100)
    const said = element('output', 'opacity-said', `${value()}%`)
    const slider = make('input', { type: 'range', min: 20, max: 100, step: 5, value: value() })
    slider.addEventListener('input', () => {
      state.opacity[layer.key] = Number(slider.value) / 100
      said.textContent = `${slider.value}%`
      this.onLook()
    })
    return make('label', { className: 'opacity' }, element('span', 'sm', config.words.opacity), slider, said)
  }

  /** Sets a filter by attribute, or takes it away with an empty value. */
  setAttribute(layer, key, value) {
    const { attributes } = this.state.filters
    const of = { ...(attributes[layer.key] ?? {}) }
    if (value === '') delete of[key]
    else of[key] = value
    const rest = { ...attributes }
    delete rest[layer.key]
    this.state.filters = { ...this.state.filters, attributes: Object.keys(of).length ? { ...rest, [layer.key]: of } : rest }
    attributeTags(this.rows.get(layer.key).querySelector('.tags'), layer, this)
    this.onFilter()
  }
}
