/** The buttons beside the map with what they open, the sheets of the narrow page, and the keys. */
import { bind } from '../keys.js'
import { L } from '../leaflet.js'
import { WORST_FIRST } from './conditions.js'
import { areaInWords, areaOf, geodesic, lengthInWords, lengthOf } from './measure.js'
import { isNarrow } from './sheet.js'
import { Sketch } from './sketch.js'

const byId = (id) => document.getElementById(id)

/** What is filtered by, in words: for a picture. */
export function filterWords(config, state) {
  const { words } = config
  const parts = []
  if (state.shown.size < WORST_FIRST.length) parts.push(WORST_FIRST.filter((name) => state.shown.has(name)).map((name) => config.conditions[name]).join('/'))
  for (const name of ['department', 'since', 'town']) {
    const field = byId(`filter-${name}`)
    if (field?.value) parts.push(field.selectedOptions[0].textContent)
  }
  for (const tag of document.querySelectorAll('.layers .tag.is-set')) parts.push(tag.title)
  return parts.length ? words.filtersOn.replace('{list}', parts.join(words.and)) : ''
}

/** A button that opens a small menu; the menu closes on a choice, on Escape, and when the focus goes elsewhere. */
function bindMenus() {
  for (const opener of document.querySelectorAll('[data-menu]')) {
    const menu = byId(opener.dataset.menu)
    const show = (isOpen) => {
      menu.hidden = !isOpen
      opener.setAttribute('aria-expanded', String(isOpen))
    }
    opener.addEventListener('click', () => {
      show(menu.hidden)
      if (!menu.hidden) menu.querySelector('button').focus()
    })
    menu.addEventListener('click', () => show(false))
    opener.parentElement.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || menu.hidden) return
      event.stopPropagation()
      show(false)
      opener.focus()
    })
    opener.parentElement.addEventListener('focusout', (event) => {
      if (!opener.parentElement.contains(event.relatedTarget)) show(false)
    })
  }
}

function bindLocate(map, config, say) {
  byId('locate').addEventListener('click', () => map.locate({ setView: true, maxZoom: 16, enableHighAccuracy: true }))
  let here = null
  map.on('locationfound', (event) => {
    here?.remove()
    here = L.circle(event.latlng, { radius: event.accuracy, className: 'here', interactive: false }).addTo(map)
    say(config.words.located)
  })
  map.on('locationerror', (event) => say(config.words.notLocated.replace('{why}', event.message)))
}

export function bindTools({ map, sheet, dock, config, state, marking, table, say, unselect }) {
  const { words } = config
  byId('zoom-in').addEventListener('click', () => map.zoomIn())
  byId('zoom-out').addEventListener('click', () => map.zoomOut())
  byId('whole').addEventListener('click', () => sheet.whole())
  bindLocate(map, config, say)
  bindMenus()

  async function measured(kind, points) {
    const wgs84 = await geodesic(config.geodesic).catch(() => null)
    if (!wgs84) return (byId('sketch-said').textContent = words.failed)
    const isArea = kind === 'area'
    const length = lengthInWords(lengthOf(wgs84, points, isArea), words)
    const text = isArea ? words.measuredArea.replace('{area}', areaInWords(areaOf(wgs84, points), words)) : words.measured
    byId('sketch-said').textContent = text.replace('{n}', points.length).replace('{length}', length)
  }

  const sketch = new Sketch({
    map, sheet,
    hints: { distance: words.sketchDistance, area: words.sketchArea, polygon: words.sketchArea, box: words.sketchBox },
    onChange(kind, points, isOver) {
      if (kind === 'distance' || kind === 'area') return measured(kind, points)
      byId('sketch-said').textContent = ''
      if (!isOver) return
      sketch.end()
      marking.within(points)
    },
    onEnd: () => map.getContainer().focus({ preventScroll: true }),
  })
  for (const opener of document.querySelectorAll('[data-sketch]')) opener.addEventListener('click', () => sketch.begin(opener.dataset.sketch))
  map.on('moveend resize', () => sketch.kind && sketch.place())
  byId('choose-view').addEventListener('click', () => {
    const [west, south, east, north] = sheet.box()
    marking.within([[west, south], [east, south], [east, north], [west, north]])
  })

  function fold() {
    const isFolded = byId('dock').classList.toggle('is-folded')
    byId('fold').setAttribute('aria-expanded', String(!isFolded))
    sheet.redraw()
  }

  function closeSheets() {
    byId('dock').classList.remove('is-open')
    document.querySelector('[data-sheet]').setAttribute('aria-expanded', 'false')
  }

  byId('fold').addEventListener('click', () => (isNarrow() ? closeSheets() : fold()))
  if (matchMedia('(min-width: 768px) and (max-width: 1279px)').matches) fold()
  document.querySelector('[data-sheet]').addEventListener('click', (event) => {
    const isOpen = byId('dock').classList.toggle('is-open')
    event.currentTarget.setAttribute('aria-expanded', String(isOpen))
  })

  const keyWords = config.keys
  bind('Escape', '', () => {
    if (sketch.kind) sketch.end()
    else if (state.selected) unselect()
    else return false
  })
  bind('1 2 3 4 5', keyWords.one, (event) => dock.filter(WORST_FIRST[Number(event.key) - 1]))
  bind('0', keyWords.all, () => dock.filter(null))
  bind('l', keyWords.fold, () => (isNarrow() ? false : fold()))
  bind('d', keyWords.dispatch, () => byId('dispatch-unit') ? byId('dispatch-unit').focus() : false)
  bind('a', keyWords.alarm, () => byId('ticker').querySelector('.ticker-item')?.click())
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => sheet.recolour())
  new MutationObserver(() => sheet.recolour()).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  return { closeSheets, isTaken: (latLng) => sketch.click(latLng), get isSketching() { return sketch.isOn } }
}
