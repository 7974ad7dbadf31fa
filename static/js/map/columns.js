/** The columns of the table: what every feature has, and the attributes of the layers that are listed. */
import { valueInWords } from './attributes.js'

const ALWAYS = ['condition', 'name', 'code']
const FIRST = [...ALWAYS, 'layer', 'town', 'department']
const collected = (value) => (Array.isArray(value) ? value : [value])

/** What stands in a cell. */
export const textOf = (column, row) => (column.text ? column.text(row) : String(column.value(row) ?? ''))

/**
 * The columns that are shown, or all that there are (`isAll`), for `{config, state, rows, chosenColumns, results}`:
 * `{id, title, width, value(row), text(row), isFixed}`. Attributes are offered where one layer alone is listed.
 */
export function columnsOf({ config, state, rows, chosenColumns, results }, { isAll = false } = {}) {
  const { words, conditions, layers, units, towns } = config
  const named = (list) => new Map(list.map(({ code, name }) => [code, name]))
  const [unitNames, townNames] = [named(units), named(towns)]
  const layerNames = new Map(layers.map(({ key, name }) => [key, name]))
  const columns = [
    { id: 'condition', title: words.condition, width: 'm', value: (row) => row.condition, text: (row) => conditions[row.condition], isFixed: true },
    { id: 'name', title: words.name, width: 'l', value: (row) => row.name, isFixed: true },
    { id: 'code', title: words.code, width: 'm', value: (row) => row.code },
    { id: 'layer', title: words.layer, width: 'm', value: (row) => layerNames.get(row.layer) ?? row.layer },
    { id: 'town', title: words.town, width: 'm', value: (row) => townNames.get(row.town) ?? row.town },
    { id: 'department', title: words.unit, width: 'l', value: (row) => unitNames.get(row.department) ?? row.department },
    { id: 'updated', title: words.updated, width: 'm', value: (row) => row.updated, text: (row) => timeInWords(row.updated) },
  ]
  const listed = new Set(rows.map((row) => row.layer))
  const only = listed.size === 1 ? layers.find(({ key }) => listed.has(key)) : state.on.size === 1 ? layers.find(({ key }) => state.on.has(key)) : null
  for (const attribute of only?.attributes ?? []) {
    const { key, title, unit, kind } = attribute
    const value = (row) => row.attributes[key] ?? ''
    columns.push({
      id: `attributes.${key}`, title: unit ? `${title} (${unit})` : title, width: kind === 'text' ? 'l' : 'm', value,
      text: (row) => (value(row) === '' ? '' : collected(value(row)).map((one) => valueInWords({ ...attribute, unit: '' }, one, words)).join(words.and)),
    })
  }
  if (results.size) columns.splice(1, 0, { id: 'result', title: words.result, width: 'l', value: (row) => results.get(row.key) ?? '', isFixed: true })
  if (isAll) return columns
  return columns.filter(({ id, isFixed }) => isFixed || (chosenColumns ? chosenColumns.has(id) : FIRST.includes(id)))
}

/** "11-24 14:36" of an RFC 3339 time, as it is written; another year in full. */
export function timeInWords(time) {
  if (!time) return ''
  const isThisYear = time.slice(0, 4) === String(new Date().getFullYear())
  return `${isThisYear ? time.slice(5, 10) : time.slice(0, 10)} ${time.slice(11, 16)}`
}
