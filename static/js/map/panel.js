/** The panel of the selected feature: the server writes it, facts have it read again, and what is being typed stays. */
import { bind } from '../keys.js'
import { Chart } from './chart.js'
import { post, uuid } from './sending.js'

/** `HH:MM` of an RFC 3339 time as it is written: pure. */
export const clockOf = (time) => (time ?? '').slice(11, 16)

function isBeingTyped(part) {
  const fields = [...part.querySelectorAll('textarea, input, select')]
  return part.contains(document.activeElement) || fields.some((f) => (f.tagName === 'SELECT' ? f.dataset.touched : f.value !== f.defaultValue))
}

/** Puts the parts of `fresh` in place of those of `old`; one in which somebody is typing is kept as it is. */
export function adopt(old, fresh) {
  const known = new Map([...old.querySelectorAll(':scope > [data-part]')].map((part) => [part.dataset.part, part]))
  const openOnes = new Set([...old.querySelectorAll('details[open] > summary')].map((s) => s.textContent.trim()))
  const parts = [...fresh.querySelectorAll(':scope > [data-part]')]
  for (const part of parts) {
    for (const summary of part.querySelectorAll('summary')) if (openOnes.has(summary.textContent.trim())) summary.parentElement.open = true
  }
  const next = parts.map((part) => {
    const before = known.get(part.dataset.part)
    return before?.hasAttribute('data-keep') || (before?.hasAttribute('data-typing') && isBeingTyped(before)) ? before : part
  })
  const focused = document.activeElement
  const name = old.contains(focused) && (focused.id || focused.dataset.acknowledge || (focused.matches('[data-close]') && 'close'))
  old.replaceChildren(...next)
  for (const { name: key, value } of [...fresh.attributes]) old.setAttribute(key, value)
  if (name && !old.contains(document.activeElement)) {
    const again = name === 'close' ? old.querySelector('[data-close]') : old.querySelector(`#${CSS.escape(name)}`)
    ;(again ?? old.querySelector('#panel-title'))?.focus({ preventScroll: true })
  }
}

export class Panel {
  /** @param {object} wiring words, onClose(), onSay(text), onGone(), onShown(article), onOpen(key) */
  constructor(root, { words, onClose, onSay, onGone, onShown, onOpen }) {
    Object.assign(this, { root, words, onClose, onSay, onGone, onShown, onOpen })
    this.tab = 'overview'
    this.chart = null
    this.key = null
    this.round = 0
    this.attempts = new Map() // form → client_uuid until it got through
    root.addEventListener('click', (event) => {
      if (event.target.closest('[data-close]')) this.onClose()
      if (event.target.closest('[data-copy-link]')) this.copyLink()
      const tab = event.target.closest('[role=tab]')
      if (tab) this.openTab(tab.id.slice(4))
      const other = event.target.closest('[data-open-feature]')
      if (other) this.onOpen(other.dataset.openFeature)
      const figure = event.target.closest('[data-reading]')
      if (figure) this.chart?.choose(figure.dataset.reading)
      const button = event.target.closest('[data-acknowledge]')
      if (button) this.acknowledge(button)
    })
    root.addEventListener('keydown', (event) => event.target.matches('[role=tab]') && this.walkTabs(event))
    bind('t', words.table, () => this.chart?.toggleTable(), { where: () => Boolean(root.querySelector('#chart')) })
    root.addEventListener('change', (event) => (event.target.dataset.touched = 'yes'))
    root.addEventListener('submit', (event) => {
      if (event.target.matches('[data-dispatch]')) {
        event.preventDefault()
        this.dispatch(event.target)
      }
    })
  }

  /** Shows a feature (`layer/id`), with the focus in the panel when a person asked for it. */
  async show(key, { focus = true } = {}) {
    const isNew = key !== this.key
    this.key = key
    const round = ++this.round
    let answer
    try {
      answer = await fetch(`/map/${key}/`, { headers: { Accept: 'text/html' } })
    } catch {
      if (round === this.round) this.onSay(this.words.failed)
      return
    }
    const text = await answer.text()
    if (round !== this.round) return
    if (!answer.ok || answer.redirected) return this.onGone()
    const fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('.panel-body')
    if (!fresh) return this.onGone()
    const old = this.root.querySelector('.panel-body')
    if (old && !isNew) adopt(old, document.adoptNode(fresh))
    else {
      this.root.replaceChildren(document.adoptNode(fresh))
      this.root.scrollTop = 0
      this.tab = 'overview'
    }
    this.root.hidden = false
    this.showChart()
    if (this.tab !== 'overview') this.openTab(this.tab)
    if (focus) this.root.querySelector('#panel-title')?.focus({ preventScroll: true })
    this.onShown(this.root.querySelector('.panel-body'))
  }

  /** The chart lives as long as its factor list does; a refresh has it read the newest values. */
  showChart() {
    const box = this.root.querySelector('#chart')
    if (!box) return void (this.chart = null)
    if (this.chart?.box !== box) this.chart = new Chart(box, { words: this.words })
    else this.chart.load()
  }

  /** Another part of what is known of the place; the overview is there already, the others are fetched. */
  async openTab(name) {
    this.tab = name
    const body = this.root.querySelector('.panel-body')
    for (const tab of this.root.querySelectorAll('[role=tab]')) {
      const isChosen = tab.id === `tab-${name}`
      tab.setAttribute('aria-selected', String(isChosen))
      tab.tabIndex = isChosen ? 0 : -1
    }
    const place = this.root.querySelector('#panel-tab')
    body.classList.toggle('is-other-tab', name !== 'overview')
    place.hidden = name === 'overview'
    place.setAttribute('aria-labelledby', `tab-${name}`)
    if (name === 'overview') return
    const key = this.key
    const answer = await fetch(`/map/${key}/${name}/`).catch(() => null)
    if (key !== this.key || this.tab !== name) return
    if (!answer?.ok) return void (place.textContent = this.words.failed)
    const found = new DOMParser().parseFromString(await answer.text(), 'text/html')
    place.replaceChildren(...document.adoptNode(found.body).childNodes)
  }

  /** Arrow keys go from tab to tab, as the ARIA pattern has it. */
  walkTabs(event) {
    const tabs = [...this.root.querySelectorAll('[role=tab]')]
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    const next = tabs[(tabs.indexOf(event.target) + by + tabs.length) % tabs.length]
    next.focus()
    this.openTab(next.id.slice(4))
  }

  async copyLink() {
    await navigator.clipboard?.writeText(`${location.origin}/#${this.key}`).catch(() => {})
    this.onSay(this.words.copied)
  }

  /** Reads the shown feature again. */
  refresh() {
    if (this.key) this.show(this.key, { focus: false })
  }

  close() {
    this.key = null
    this.round++
    this.root.hidden = true
    this.root.replaceChildren()
  }

  /** The newest readings, straight into their places; a factor without a place has the panel read again. */
  take(reading) {
    for (const { factor, value, time } of reading.readings) {
      const place = this.root.querySelector(`[data-reading="${CSS.escape(factor)}"]`)
      if (!place) return this.refresh()
      if (value === null || value === undefined) continue
      place.querySelector('[data-value]').textContent = value.toFixed(Number(place.dataset.decimals))
      place.querySelector('[data-time]').textContent = clockOf(time)
      place.classList.remove('is-stale-value')
    }
  }

  async acknowledge(button) {
    button.disabled = true
    try {
      const { ok, body } = await post(`/alarms/${button.dataset.acknowledge}/acknowledge`, {})
      this.onSay(ok ? this.words.filed : body.detail ?? this.words.failed)
    } catch {
      this.onSay(this.words.failed)
    }
    button.disabled = false
    this.refresh()
  }

  async dispatch(form) {
    const error = form.querySelector('.form-error')
    const button = form.querySelector('button')
    const data = Object.fromEntries(new FormData(form))
    if (!data.department) return this.refuse(error, this.words.chooseUnit)
    error.hidden = true
    button.disabled = true
    const body = { department: data.department, client_uuid: this.attempts.get(form)?.uuid ?? uuid() }
    if (data.note.trim()) body.note = data.note.trim()
    // The same sending keeps its uuid until it got through; with another content it is another sending.
    const content = JSON.stringify([body.department, body.note])
    if (this.attempts.get(form)?.content !== content) body.client_uuid = uuid()
    this.attempts.set(form, { uuid: body.client_uuid, content })
    try {
      const answer = await post(`/issues/${form.dataset.dispatch}/dispatch`, body)
      if (!answer.ok) this.refuse(error, [answer.body.detail, ...(answer.body.errors ?? []).map((e) => e.detail)].filter(Boolean)[0] ?? this.words.failed)
      else {
        this.attempts.delete(form)
        const unit = form.department.selectedOptions[0].textContent
        this.onSay(this.words.dispatched.replace('{number}', answer.body.number).replace('{unit}', unit), `/orders/${answer.body.number}/`)
        form.closest('[data-part]').remove()
        this.root.querySelector('#panel-title')?.focus({ preventScroll: true })
        this.refresh()
      }
    } catch {
      this.refuse(error, this.words.failed)
    }
    button.disabled = false
  }

  refuse(place, sentence) {
    place.textContent = sentence
    place.hidden = false
  }
}
