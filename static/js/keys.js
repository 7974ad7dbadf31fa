/**
 * Shortcuts: one table for the whole page, so that `?` can list what really works here.
 * Single letters work only outside fields, and not at all where the person turned them off (WCAG 2.2, 2.1.4).
 */
const bound = []
const isField = (element) => element.closest?.('input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]')
const lettersOff = () => document.body.dataset.letterKeys === 'off'

/**
 * Binds a key. `key`: as KeyboardEvent.key, `Ctrl+k` for Ctrl or Cmd; several with a blank between them.
 * `words`: what it does, for the list. `act(event)` returns false when it had nothing to do here, and the next one is asked.
 * `where()`: whether it works at this moment (default: always). Returns a function that takes the key away again.
 */
export function bind(key, words, act, { where = () => true } = {}) {
  const entry = { keys: key.split(' '), words, act, where }
  bound.unshift(entry) // the newest goes first: an open dialog's Escape before the page's
  return () => bound.splice(bound.indexOf(entry), 1)
}

/** The bound keys with their words, in the order in which they were bound. */
export const list = () => bound.filter((entry) => entry.words && entry.where()).reverse()

/** The name of an event's key as `bind` takes it. Pure. */
export function nameOf({ key, ctrlKey, metaKey }) {
  const letter = key.length === 1 ? key.toLowerCase() : key
  return ctrlKey || metaKey ? `Ctrl+${letter}` : letter
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.altKey || event.isComposing) return
  const name = nameOf(event)
  const isPlain = !name.startsWith('Ctrl+') && name.length === 1
  if (isPlain && (lettersOff() || isField(event.target))) return
  if (!isPlain && name === 'Enter' && event.target.closest?.('a, button, summary, input, textarea, select')) return
  if (document.querySelector('dialog[open]') && name !== 'Escape') return
  for (const entry of bound) {
    if (!entry.keys.includes(name) || !entry.where()) continue
    if (entry.act(event) === false) continue
    event.preventDefault()
    return
  }
})

const spoken = { ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc', 'Ctrl+k': 'Ctrl K' }

/** Opens the list of keys. */
export function showKeys() {
  const dialog = document.getElementById('keys-dialog')
  if (!dialog) return false
  const rows = list().map(({ keys, words }) => {
    const row = document.createElement('div')
    const term = document.createElement('dt')
    term.append(...keys.map((key) => Object.assign(document.createElement('kbd'), { textContent: spoken[key] ?? (key.length === 1 ? key.toUpperCase() : key) })))
    row.append(term, Object.assign(document.createElement('dd'), { textContent: words }))
    return row
  })
  dialog.querySelector('dl').replaceChildren(...rows)
  dialog.showModal()
}

bind('?', document.body.dataset.keysWords ?? '', showKeys)
document.addEventListener('click', (event) => {
  if (event.target.closest('[data-show-keys]')) showKeys()
})
