/** Filters by attribute of a layer, made from its JSON Schema: choices, yes and no, numbers and texts as tags. */
import { button, element, icon, make } from './dom.js'

/** What an attribute's value is called; `attribute` comes from the server's `filter_fields`. */
export function valueInWords({ kind, options, unit }, value, words) {
  if (kind === 'boolean') return value === 'true' || value === true ? words.yes : words.no
  const found = options?.find(([key]) => String(key) === String(value))
  return found ? found[1] : unit ? `${value} ${unit}` : String(value)
}

/** The filters of a layer that are set, each a button that takes it away. */
export function attributeTags(place, layer, dock) {
  const { words, icons } = dock.config
  const set = Object.entries(dock.state.filters.attributes[layer.key] ?? {})
  const focused = place.contains(document.activeElement)
  place.replaceChildren(...set.map(([key, value]) => {
    const attribute = layer.attributes.find((one) => one.key === key) ?? { title: key, kind: 'text' }
    const text = attribute.kind === 'choice' ? valueInWords(attribute, value, words) : `${attribute.title} ${valueInWords(attribute, value, words)}`
    const tag = button('tag is-set', element('span', 'cut', text), icon(icons, 'i-x', 13))
    tag.title = `${attribute.title}: ${valueInWords(attribute, value, words)}`
    tag.setAttribute('aria-label', words.removeFilter.replace('{name}', tag.title))
    tag.addEventListener('click', () => dock.setAttribute(layer, key, ''))
    return tag
  }))
  place.hidden = set.length === 0
  if (focused) (place.querySelector('button') ?? place.parentElement.querySelector('.tag-add'))?.focus()
}

/** The control for one attribute's value. */
function control({ kind, options }, words, id) {
  if (kind === 'choice' || kind === 'boolean') {
    const given = kind === 'boolean' ? [['true', words.yes], ['false', words.no]] : options
    return make('select', { id, className: 'inp' }, ...given.map(([value, title]) => make('option', { value, textContent: title })))
  }
  const isNumber = kind === 'number' || kind === 'integer'
  return make('input', { id, className: 'inp', type: isNumber ? 'number' : 'text', step: kind === 'integer' ? '1' : 'any', required: true, maxLength: 200 })
}

/** "+ filter by attribute" with the small form behind it. */
export function attributeFilter(layer, dock) {
  const { words, icons } = dock.config
  const part = element('div', 'attribute-filter')
  if (!layer.attributes.length) return part
  const open = button('tag tag-add', icon(icons, 'i-plus', 13), element('span', '', words.attributeFilter))
  open.setAttribute('aria-expanded', 'false')
  const names = `names-${layer.key}`
  const choice = make('select', { id: names, className: 'inp' }, ...layer.attributes.map(({ key, title }) => make('option', { value: key, textContent: title })))
  const valueLabel = make('label', { className: 'sm', for: `value-${layer.key}`, textContent: words.value })
  const value = element('div')
  const form = make('form', { className: 'attribute-form', hidden: true },
    make('label', { className: 'sm', for: names, textContent: words.attribute }), choice, valueLabel, value,
    make('div', { className: 'attribute-ways' }, make('button', { className: 'btn tiny pri', textContent: words.apply }), button('btn tiny quiet', words.cancel)))
  const chosen = () => layer.attributes.find((one) => one.key === choice.value)
  const showValue = () => {
    const attribute = chosen()
    valueLabel.textContent = attribute.unit ? `${words.value} (${attribute.unit})` : words.value
    value.replaceChildren(control(attribute, words, `value-${layer.key}`))
  }
  const show = (isOpen) => {
    form.hidden = !isOpen
    open.hidden = isOpen
    open.setAttribute('aria-expanded', String(isOpen))
    ;(isOpen ? choice : open).focus()
  }
  choice.addEventListener('change', showValue)
  open.addEventListener('click', () => {
    showValue()
    show(true)
  })
  form.querySelector('.quiet').addEventListener('click', () => show(false))
  form.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    show(false)
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const given = value.firstChild.value.trim()
    if (!given) return
    dock.setAttribute(layer, choice.value, given)
    show(false)
  })
  part.append(open, form)
  return part
}
