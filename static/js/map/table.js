/**
 * The table beside the map: a grid over thousands of rows of which only those in sight are made. Sorted by a press on a
 * column's head, walked by keyboard, its rows and the symbols light each other up.
 */
import { RANK } from './conditions.js'
import { columnsOf, textOf } from './columns.js'
import { button, element, icon, make } from './dom.js'
import { readFeatures } from './features.js'

const HIGH = 36
const SPARE = 8
const byId = (id) => document.getElementById(id)

export class Table {
  /** @param {object} wiring config, state, box() [w, s, e, n] of the view, onOpen(key, at), onLight(key|null), onMarked(rows), marking, onShow() */
  constructor(wiring) {
    Object.assign(this, wiring)
    this.root = byId('table')
    this.body = byId('table-body')
    this.rows = []
    this.results = new Map() // key → text of the last dispatch
    this.sort = { id: 'condition', isUp: false }
    this.active = 0
    this.chosenColumns = null
    this.head = make('div', { className: 'grid-head', role: 'row' })
    this.space = make('div', { className: 'grid-space', role: 'rowgroup' })
    this.body.append(make('div', { role: 'rowgroup' }, this.head), this.space)
    this.body.addEventListener('scroll', () => this.paint())
    this.body.addEventListener('keydown', (event) => this.key(event))
    this.body.addEventListener('focus', () => this.paint())
    this.space.addEventListener('click', (event) => this.press(event))
    this.space.addEventListener('pointerover', (event) => this.onLight(event.target.closest('.grid-row')?.dataset.key ?? null))
    this.space.addEventListener('pointerleave', () => this.onLight(null))
    byId('table-open').addEventListener('click', () => (this.root.hidden ? this.open() : this.close()))
    byId('table-close').addEventListener('click', () => this.close())
    byId('table-scope').addEventListener('change', () => this.read())
    this.root.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.target.closest('dialog, details[open]')) return
      event.stopPropagation()
      this.close()
    })
    new ResizeObserver(() => this.paint()).observe(this.body)
  }

  get isOpen() {
    return !this.root.hidden
  }

  open(scope = null) {
    if (scope) byId('table-scope').value = scope
    this.root.hidden = false
    byId('table-open').setAttribute('aria-expanded', 'true')
    this.onShow()
    this.read()
    this.body.focus({ preventScroll: true })
  }

  close() {
    this.running?.abort()
    this.root.hidden = true
    byId('table-open').setAttribute('aria-expanded', 'false')
    this.onLight(null)
    this.onShow()
    byId('table-open').focus({ preventScroll: true })
  }

  /** Reads the rows anew, as far as the table is open; what stands there stays until then. */
  async read() {
    if (!this.isOpen) return
    const scope = byId('table-scope').value
    this.running?.abort()
    if (scope === 'marked') return this.set([...this.marking.rows], true)
    const { signal } = (this.running = new AbortController())
    const { words } = this.config
    try {
      const { rows, isWhole } = await readFeatures({
        state: this.state, bbox: scope === 'view' ? this.box() : null, signal,
        onSome: (some) => some.length >= 1000 && this.say(words.reading.replace('{n}', some.length)),
      })
      this.set(rows, isWhole)
    } catch (error) {
      if (error.name !== 'AbortError') this.say(error.message || words.failed)
    }
  }

  say(text) {
    byId('table-said').textContent = text
  }

  set(rows, isWhole) {
    const before = this.rows[this.active]?.key
    this.rows = rows
    this.isWhole = isWhole
    this.columns = columnsOf(this)
    this.order()
    this.active = Math.max(0, this.rows.findIndex((row) => row.key === before))
    this.drawHead()
    this.drawColumns()
    this.count()
    this.paint()
  }

  count() {
    const { words } = this.config
    const chosen = this.state.marked.size
    const text = chosen ? words.rowsMarked.replace('{m}', chosen) : words.rows
    this.say(this.isWhole ? text.replace('{n}', this.rows.length) : words.tooMany.replace('{n}', this.rows.length))
    const dispatch = byId('table-dispatch')
    if (dispatch) dispatch.disabled = chosen === 0
  }

  order() {
    const { id, isUp } = this.sort
    const column = this.columns.find((one) => one.id === id) ?? this.columns[0]
    const sign = isUp ? 1 : -1
    const valueOf = new Map(this.rows.map((row) => [row, column.id === 'condition' ? RANK[row.condition] : column.value(row)]))
    const compare = (a, b) => {
      const [x, y] = [valueOf.get(a), valueOf.get(b)]
      if (x === y) return 0
      if (x === '' || x === null || x === undefined) return 1 // what is missing stands last, whichever way round
      if (y === '' || y === null || y === undefined) return -1
      return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : collator.compare(String(x), String(y)))
    }
    this.rows.sort((a, b) => compare(a, b) || a.id - b.id)
  }

  drawHead() {
    const { words } = this.config
    const all = make('input', { type: 'checkbox', 'aria-label': words.chooseAll, checked: this.rows.length > 0 && this.rows.every((row) => this.state.marked.has(row.key)) })
    all.addEventListener('change', () => this.mark(this.rows, all.checked))
    const heads = this.columns.map((column) => {
      const isSorted = this.sort.id === column.id
      const press = button('grid-sort', element('span', 'cut', column.title))
      if (isSorted) press.append(icon(this.config.icons, this.sort.isUp ? 'i-chevron-up' : 'i-chevron-down', 14))
      press.addEventListener('click', () => {
        this.sort = { id: column.id, isUp: isSorted ? !this.sort.isUp : column.id !== 'condition' }
        this.order()
        this.active = 0
        this.body.scrollTop = 0
        this.drawHead()
        this.paint()
        this.head.querySelector(`[data-column="${CSS.escape(column.id)}"] button`)?.focus()
      })
      return make('div', { className: `grid-cell w-${column.width}`, role: 'columnheader', 'data-column': column.id, 'aria-sort': isSorted ? (this.sort.isUp ? 'ascending' : 'descending') : 'none' }, press)
    })
    this.head.replaceChildren(make('div', { className: 'grid-cell w-mark', role: 'columnheader' }, all), ...heads)
    this.body.setAttribute('aria-rowcount', String(this.rows.length + 1))
    this.body.setAttribute('aria-colcount', String(this.columns.length + 1))
  }

  /** The card in which columns are chosen. */
  drawColumns() {
    const card = byId('table-columns')
    if (card.contains(document.activeElement)) return
    card.replaceChildren(...columnsOf(this, { isAll: true }).map((column) => {
      const box = make('input', { type: 'checkbox', checked: this.columns.some((one) => one.id === column.id), disabled: column.isFixed })
      box.addEventListener('change', () => {
        this.chosenColumns = new Set([...card.querySelectorAll('input:checked')].map((one) => one.dataset.column))
        this.columns = columnsOf(this)
        this.drawHead()
        this.paint()
      })
      box.dataset.column = column.id
      return make('label', {}, box, element('span', '', column.title))
    }))
  }

  /** Makes the rows in sight. */
  paint() {
    if (!this.isOpen || !this.columns) return
    this.space.style.height = `${this.rows.length * HIGH}px`
    const first = Math.max(0, Math.floor(this.body.scrollTop / HIGH) - SPARE)
    const last = Math.min(this.rows.length, first + Math.ceil(this.body.clientHeight / HIGH) + 2 * SPARE)
    this.space.replaceChildren(...this.rows.slice(first, last).map((row, n) => this.row(row, first + n)))
    const isThere = this.active >= first && this.active < last && this.rows.length
    if (isThere) this.body.setAttribute('aria-activedescendant', `grid-${this.active}`)
    else this.body.removeAttribute('aria-activedescendant')
  }

  row(row, n) {
    const isMarked = this.state.marked.has(row.key)
    const made = make('div', {
      className: `grid-row${n === this.active ? ' is-active' : ''}${row.key === this.state.lit ? ' is-lit' : ''}`, id: `grid-${n}`, role: 'row',
      'aria-rowindex': n + 2, 'aria-selected': String(row.key === this.state.selected), 'data-key': row.key,
    })
    made.style.transform = `translateY(${n * HIGH}px)`
    const box = make('input', { type: 'checkbox', checked: isMarked, tabIndex: -1, 'aria-label': this.config.words.choose.replace('{name}', row.name) })
    made.append(make('div', { className: 'grid-cell w-mark', role: 'gridcell' }, box))
    for (const column of this.columns) {
      const cell = make('div', { className: `grid-cell w-${column.width}`, role: 'gridcell' })
      const text = textOf(column, row)
      if (column.id === 'condition') cell.append(icon(this.config.sprite, `cond-${row.condition}`, 15))
      cell.append(make('span', { className: 'cut', title: text, textContent: text }))
      made.append(cell)
    }
    return made
  }

  press(event) {
    const made = event.target.closest('.grid-row')
    if (!made) return
    const n = Number(made.id.slice(5))
    const row = this.rows[n]
    this.active = n
    if (event.target.closest('.w-mark')) {
      this.mark([row], event.target.matches('input') ? event.target.checked : !this.state.marked.has(row.key))
      this.body.focus({ preventScroll: true })
    } else {
      this.onOpen(row.key, row.at)
      this.paint()
    }
  }

  /** Chooses rows, or no longer. */
  mark(rows, isMarked) {
    const chosen = new Map(this.marking.rows.map((row) => [row.key, row]))
    for (const row of rows) {
      if (isMarked) chosen.set(row.key, row)
      else chosen.delete(row.key)
    }
    this.onMarked([...chosen.values()])
    this.drawHead()
    this.count()
    this.paint()
  }

  key(event) {
    if (event.target !== this.body) return
    const page = Math.max(1, Math.floor(this.body.clientHeight / HIGH) - 2)
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.rows.length, End: this.rows.length }
    const row = this.rows[this.active]
    if (event.key in steps && this.rows.length) this.goTo(this.active + steps[event.key])
    else if (event.key === 'Enter' && row) this.onOpen(row.key, row.at)
    else if (event.key === ' ' && row) this.mark([row], !this.state.marked.has(row.key))
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  goTo(n) {
    this.active = Math.max(0, Math.min(this.rows.length - 1, n))
    const top = this.active * HIGH
    const seen = this.body.clientHeight - HIGH // the head stands above
    if (top < this.body.scrollTop) this.body.scrollTop = top
    else if (top + HIGH > this.body.scrollTop + seen) this.body.scrollTop = top + HIGH - seen
    this.paint()
    this.onLight(this.rows[this.active]?.key ?? null)
  }

  /** A symbol was pointed at or selected: its row says so. */
  light() {
    if (!this.isOpen) return
    for (const made of this.space.children) {
      made.classList.toggle('is-lit', made.dataset.key === this.state.lit)
      made.setAttribute('aria-selected', String(made.dataset.key === this.state.selected))
    }
  }
}

const collator = new Intl.Collator('zh', { numeric: true })
