/** The map page: wires the sheet, the dock, the panel and the live connection together. Decisions live in the other modules. */
import { connectLive } from '../live.js'
import { WORST_FIRST } from './conditions.js'
import { Dock } from './dock.js'
import { Panel } from './panel.js'
import { toLonLat, toWorld } from './projection.js'
import { Sheet, isNarrow } from './sheet.js'
import { soon } from './soon.js'
import { format, noFilters, parse } from './state.js'
import { keyOf } from './symbols.js'
import { watchPointer } from './pointer.js'
import { say } from './say.js'
import { bindTools } from './tools.js'

const config = JSON.parse(document.getElementById('map-config').textContent)
const byId = (id) => document.getElementById(id)
const root = byId('workbench')
const map = window.leafletmapmap
const keys = () => config.layers.map((layer) => layer.key)

const state = {
  shown: new Set(WORST_FIRST),
  on: new Set(keys()),
  filters: noFilters(),
  selected: null,
  lit: null,
}

const tell = (name, detail) => root.dispatchEvent(new CustomEvent(`envmap:${name}`, { detail }))

const listSoon = soon(60, () => {
  dock.show(sheet.inView())
  root.dataset.settled = String(sheet.store.isComplete)
})

const sheet = new Sheet({
  map, config, state,
  onItems: listSoon,
  onUnread: (key) => say(config.words.unread.replace('{name}', config.layers.find((layer) => layer.key === key)?.name ?? key)),
})

// Choosing ------------------------------------------------------------------------------------------------------------

let cameFrom = null
let isPlaced = false // whether the selected one's place is in view already
let isBegun = false

function open(item) {
  if (item.kind === 'cluster') {
    const [lon, lat] = toLonLat([item.x, item.y])
    sheet.goTo([lon, lat], Math.min(map.getZoom() + 2, 18))
    return
  }
  select(keyOf(item), { at: [item.x, item.y] })
}

function select(key, { at = null, focus = true, isKept = false, isThere = Boolean(at) } = {}) {
  isPlaced = isThere
  if (!state.selected) cameFrom = document.activeElement
  state.selected = key
  if (isNarrow()) closeSheets()
  dock.markSelected()
  sheet.redraw()
  if (!isKept) address.keep()
  tell('selected', { key })
  panel.show(key, { focus }).then(() => at && sheet.uncover(at))
}

function unselect({ isKept = false } = {}) {
  if (!state.selected) return
  state.selected = null
  panel.close()
  dock.markSelected()
  sheet.redraw()
  if (!isKept) address.keep()
  tell('selected', { key: null })
  ;(cameFrom?.isConnected && cameFrom !== document.body ? cameFrom : byId('view-list')).focus({ preventScroll: true })
  cameFrom = null
}

function light(key) {
  if (key === state.lit) return
  state.lit = key
  sheet.redraw()
}

watchPointer({ map, sheet, config, tip: byId('tip'), onLight: light, onOpen: open })

// The view in the address ---------------------------------------------------------------------------------------------

const address = {
  /** The view as it stands, as text. */
  state() {
    const { lng, lat } = map.getCenter()
    return format({ ...state, centre: [lng, lat], zoom: map.getZoom() }, keys())
  },
  /** What somebody chose is a step that "back" undoes; `isMove`: the map was only moved. */
  keep({ isMove = false } = {}) {
    if (!isBegun) return
    const text = this.state()
    if (`#${text}` === location.hash) return
    history[isMove ? 'replaceState' : 'pushState'](null, '', `#${text}`)
    tell('view', { state: text })
  },
  /** Shows the view that a text means. */
  restore(text, { isKept = false } = {}) {
    const view = parse(text, keys())
    if (view.centre) map.setView([view.centre[1], view.centre[0]], view.zoom, { animate: false })
    if (!view.isBare) {
      state.on = view.on
      state.shown = view.shown
      state.filters = view.filters
      dock.showTallies()
      filtersChanged({ isKept: true })
    }
    if (view.selected && view.selected !== state.selected) {
      select(view.selected, { focus: false, isKept: true, isThere: Boolean(view.centre) })
    } else if (!view.selected) unselect({ isKept: true })
    if (!isKept) this.keep()
  },
}

function filtersChanged({ isKept = false } = {}) {
  sheet.ask()
  sheet.changed()
  listSoon()
  if (!isKept) address.keep()
  tell('filters', { filters: workbench.filters })
}

map.on('moveend', () => {
  sheet.ask()
  listSoon()
  address.keep({ isMove: true })
})
// Also when somebody follows a link with another view to the open map.
addEventListener('popstate', () => address.restore(location.hash.slice(1), { isKept: true }))

// Parts ---------------------------------------------------------------------------------------------------------------

const dock = new Dock({ config, state, onFilter: filtersChanged, onOpen: open, onLight: light })
const panel = new Panel(byId('panel'), {
  words: config.words,
  onClose: unselect,
  onSay: say,
  onGone: () => {
    say(config.words.gone)
    unselect()
  },
  onShown: (article) => {
    if (article.dataset.at && !isPlaced) {
      const at = article.dataset.at.split(',').map(Number)
      sheet.goTo(at, Math.max(map.getZoom(), 15))
    }
    isPlaced = true
  },
})

const tallySoon = soon(300, async () => {
  const answer = await fetch('/api/v1/layers?limit=1000').catch(() => null)
  if (!answer?.ok) return
  const fresh = new Map((await answer.json()).items.map((layer) => [layer.key, layer]))
  config.layers = config.layers.filter((layer) => fresh.has(layer.key))
  for (const layer of config.layers) {
    const { count, by_condition: byCondition } = fresh.get(layer.key)
    Object.assign(layer, { count, by_condition: byCondition })
  }
  dock.showTallies()
})

const tickSoon = soon(150, async () => {
  const answer = await fetch('/map/alarms/').catch(() => null)
  if (!answer?.ok) return
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
  byId('ticker').replaceChildren(...document.adoptNode(fresh.body).childNodes)
})
const panelSoon = soon(120, () => panel.refresh())

byId('ticker').addEventListener('click', (event) => {
  const key = event.target.closest('[data-feature]')?.dataset.feature
  if (key) select(key)
})

// What happens out there ----------------------------------------------------------------------------------------------

let wasDown = false
connectLive({
  onFact(fact) {
    const place = fact.location ? toWorld(fact.location.coordinates) : null
    if (fact.layer) {
      sheet.store.stale(fact.layer, place)
      tallySoon()
    }
    if (fact.type.startsWith('alarm.')) tickSoon()
    if (fact.type === 'alarm.raised') {
      if (place) sheet.symbols.pulse(place, () => sheet.redraw())
      byId('say').textContent = config.words.raised.replace('{name}', fact.feature ?? '')
    }
    if (state.selected === `${fact.layer}/${fact.feature_id}`) panelSoon()
  },
  onReset() {
    keys().forEach((key) => sheet.store.stale(key))
    tallySoon()
    tickSoon()
    panelSoon()
  },
  onReading(reading) {
    if (state.selected === `${reading.layer}/${reading.feature_id}`) panel.take(reading)
  },
  onState({ up }) {
    byId('live-state').classList.toggle('is-up', up)
    if (up && wasDown) say(config.words.back)
    wasDown = !up
  },
})
document.addEventListener('live:signed-out', () => say(config.words.signedOut, '/signin/'))

const { closeSheets } = bindTools({ map, sheet, dock, config, state, say, unselect })

/** What the other parts of the page build upon (command bar, saved views, ticker). */
export const workbench = {
  map,
  select: (key) => select(key),
  unselect,
  goTo: (lonLat, zoom) => sheet.goTo(lonLat, zoom),
  fit: (box) => sheet.fit(box),
  state: () => address.state(),
  restore: (text) => address.restore(text),
  get filters() {
    return { ...state.filters, conditions: [...state.shown], layers: [...state.on] }
  },
}

// The beginning -------------------------------------------------------------------------------------------------------

sheet.whole()
sheet.begin()
sheet.ask()
if (location.hash.length > 1) address.restore(location.hash.slice(1), { isKept: true })
isBegun = true
