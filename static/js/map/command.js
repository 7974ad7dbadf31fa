/**
 * The command bar: one field for what is on the map, what is done about it, places, coordinates and commands.
 * An ARIA combobox: the focus stays in the field, arrows walk through the list, Enter opens, Esc closes.
 */
import { bind } from '../keys.js'

const WAIT = 180 // ms after the last letter
const SHOWN = 6 // of each kind

/** The commands whose words hold every word that was typed. Pure. */
export function fitting(commands, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return commands.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)))
}

export class Command {
  /** @param {HTMLElement} root @param {object} wiring open(key), goTo([lon, lat], zoom), commands: [{title, act}] */
  constructor(root, { open, goTo, commands }) {
    Object.assign(this, { root, open, goTo, commands })
    this.input = root.querySelector('input')
    this.list = root.querySelector('[role=listbox]')
    this.kinds = JSON.parse(root.dataset.kinds)
    this.round = 0
    this.options = []
    this.at = -1
    this.input.addEventListener('input', () => this.soon())
    this.input.addEventListener('focus', () => this.input.value.trim() === '' && this.showCommands())
    this.input.addEventListener('keydown', (event) => this.pressed(event))
    document.addEventListener('pointerdown', (event) => !root.contains(event.target) && this.close())
    root.addEventListener('focusout', (event) => !root.contains(event.relatedTarget) && this.close())
    this.list.addEventListener('pointerdown', (event) => event.preventDefault()) // the field keeps the focus
    this.list.addEventListener('click', (event) => {
      const option = event.target.closest('[role=option]')
      if (option) this.choose(Number(option.dataset.n))
    })
    bind('Ctrl+k /', root.dataset.key, () => this.begin())
  }

  begin() {
    this.input.focus()
    this.input.select()
  }

  soon() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.ask(), WAIT)
  }

  showCommands() {
    this.show([{ kind: 'command', items: this.commands }])
  }

  async ask() {
    const text = this.input.value.trim()
    const round = ++this.round
    if (!text) return this.showCommands()
    const answer = await fetch(`/api/v1/search?limit=${SHOWN}&q=${encodeURIComponent(text)}`).catch(() => null)
    if (round !== this.round) return
    if (!answer?.ok) return this.say(this.root.dataset.failed)
    const { items } = await answer.json()
    const byKind = new Map()
    for (const item of items) byKind.set(item.kind, [...(byKind.get(item.kind) ?? []), item])
    const groups = [...byKind].map(([kind, found]) => ({ kind, items: found }))
    const commands = fitting(this.commands, text)
    if (commands.length) groups.push({ kind: 'command', items: commands })
    if (!groups.length) return this.say(this.root.dataset.none.replace('{q}', text))
    this.show(groups)
  }

  /** Rows of several kinds under their headings; the first is ready for Enter. */
  show(groups) {
    this.options = groups.flatMap((group) => group.items.map((item) => ({ kind: group.kind, ...item })))
    let n = 0
    this.list.replaceChildren(...groups.map(({ kind, items }) => {
      const group = document.createElement('div')
      group.setAttribute('role', 'group')
      group.setAttribute('aria-label', this.kinds[kind] ?? kind)
      group.append(Object.assign(document.createElement('p'), { className: 'command-kind', textContent: this.kinds[kind] ?? kind, ariaHidden: 'true' }))
      for (const item of items) group.append(this.row(item, n++))
      return group
    }))
    this.open_()
    this.stand(this.options.length ? 0 : -1)
    const said = this.root.querySelector('[data-said]')
    said.textContent = said.dataset.words.replace('{n}', this.options.length)
  }

  row({ title, subtitle }, n) {
    const row = document.createElement('div')
    row.setAttribute('role', 'option')
    row.id = `command-${n}`
    row.dataset.n = n
    row.setAttribute('aria-selected', 'false')
    row.append(Object.assign(document.createElement('b'), { textContent: title, title }))
    if (subtitle) row.append(Object.assign(document.createElement('small'), { textContent: subtitle, title: subtitle }))
    return row
  }

  say(sentence) {
    this.options = []
    this.at = -1
    this.list.replaceChildren(Object.assign(document.createElement('p'), { className: 'command-none', textContent: sentence }))
    this.open_()
    this.root.querySelector('[data-said]').textContent = sentence
  }

  open_() {
    this.list.hidden = false
    this.input.setAttribute('aria-expanded', 'true')
  }

  close() {
    clearTimeout(this.timer)
    this.round++
    this.list.hidden = true
    this.input.setAttribute('aria-expanded', 'false')
    this.input.removeAttribute('aria-activedescendant')
  }

  stand(n) {
    this.at = n
    for (const row of this.list.querySelectorAll('[role=option]')) {
      const isHere = Number(row.dataset.n) === n
      row.setAttribute('aria-selected', String(isHere))
      if (isHere) row.scrollIntoView({ block: 'nearest' })
    }
    if (n >= 0) this.input.setAttribute('aria-activedescendant', `command-${n}`)
    else this.input.removeAttribute('aria-activedescendant')
  }

  pressed(event) {
    if (event.isComposing) return // an input method is still choosing characters
    if (event.key === 'Escape') {
      event.stopPropagation()
      if (!this.list.hidden) this.close()
      else this.input.blur()
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (this.list.hidden) return this.input.value.trim() ? this.ask() : this.showCommands()
      const by = event.key === 'ArrowDown' ? 1 : -1
      if (this.options.length) this.stand((this.at + by + this.options.length) % this.options.length)
    } else if (event.key === 'Enter' && !this.list.hidden && this.at >= 0) {
      event.preventDefault()
      this.choose(this.at)
    }
  }

  choose(n) {
    const item = this.options[n]
    if (!item) return
    this.close()
    if (item.act) return void item.act()
    if (item.kind === 'feature' || (item.kind === 'station' && item.feature_id)) this.open(`${item.layer}/${item.feature_id}`)
    else if (item.location && (item.kind === 'place' || item.kind === 'coordinates')) this.goTo(item.location.coordinates, Number(/map=([\d.]+)/.exec(item.url)?.[1] ?? 15))
    else location.assign(item.url)
  }
}
