/** The filters over all layers: unit, town, time. What they ask for is worded once (`state.js` queryOf). */
import { filterCount, noFilters } from './state.js'

const NAMES = ['department', 'town', 'since']

export class Filters {
  /** @param {object} wiring state, onFilter() when something else is asked for */
  constructor({ state, onFilter }) {
    this.state = state
    this.onFilter = onFilter
    this.clear = document.getElementById('filters-clear')
    this.fields = NAMES.map((name) => document.getElementById(`filter-${name}`)).filter(Boolean)
    for (const field of this.fields) {
      field.addEventListener('change', () => {
        state.filters = { ...state.filters, [field.name]: field.value }
        this.show()
        onFilter()
      })
    }
    this.clear.addEventListener('click', () => {
      state.filters = noFilters()
      this.show()
      onFilter()
      this.fields[0]?.focus()
    })
    this.show()
  }

  /** The fields say what is asked for. */
  show() {
    for (const field of this.fields) {
      const wanted = this.state.filters[field.name]
      field.value = wanted
      if (field.value !== wanted) field.value = '' // a unit or town that is no longer there
      field.closest('.tag').classList.toggle('is-set', field.value !== '')
    }
    const n = filterCount(this.state.filters)
    this.clear.hidden = n === 0
    document.getElementById('filter-count').textContent = n || ''
  }
}
