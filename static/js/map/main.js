/** The map page: wires the sheet, the dock, the panel and the live connection together. Decisions live in the other modules. */
import { connectLive } from '../live.js'
import { Bulk } from './bulk.js'
import { Command } from './command.js'
import { WORST_FIRST } from './conditions.js'
import { Dock } from './dock.js'
import { Filters } from './filters.js'
import { ViewList } from './list.js'
import { Marking } from './marking.js'
import { Panel } from './panel.js'
import { Picture } from './picture.js'
import { watchPointer } from './pointer.js'
import { toLonLat, toWorld } from './projection.js'
import { say } from './say.js'
import { Sheet, isNarrow } from './sheet.js'
import { soon } from './soon.js'
import { format, noFilters, parse, sameFilters } from './state.js'
import { Stops } from './stops.js'
import { keyOf } from './symbols.js'
import { Table } from './table.js'
import { tallies } from './tallies.js'
import { bindTools, filterWords } from './tools.js'

const config = JSON.parse(document.getElementById('map-config').textContent)
const byId = (id) => document.getElementById(id)
const root = byId('workbench')
const map = window.leafletmapmap
const keys = () => config.layers.map((layer) => layer.key)

const state = {
  shown: new Set(WORST_FIRST),
  on: new Set(keys()),
  filters: noFilters(),
  opacity: {},
  marked: new Set(),
  selected: null,
  value: null,
  lit: null,
}

const tell = (name, detail) => root.dispatchEvent(new CustomEvent(`envmap:${name}`, { detail }))

const listSoon = soon(60, () => {
  list.show(sheet.inView())
  stops.follow()
  root.dataset.settled = String(sheet.isSettled)
})
const tableSoon = soon(400, () => table.read())

const sheet = new Sheet({
  map, config, state,
  onItems: listSoon,
  onFetching: () => {
    if (!sheet.isSettled) root.dataset.settled = 'false'
  },
  onUnread: (key) => say(config.words.unread.replace('{name}', config.layers.find((layer) => layer.key === key)?.name ?? key)),
})

// Choosing ------------------------------------------------------------------------------------------------------------

let cameFrom = null
let isPlaced = false // whether the selected one's place is in view already
let isBegun = false

function open(item) {
  if (item.kind === 'cluster') sheet.zoomTo(item)
  else select(keyOf(item), { at: [item.x, item.y] })
}

function select(key, { at = null, focus = true, isKept = false, isThere = Boolean(at) } = {}) {
  isPlaced = isThere
  if (!state.selected) cameFrom = document.activeElement
  state.selected = key
  state.value = null
  if (isNarrow()) tools.closeSheets()
  showSelected()
  if (!isKept) address.keep()
  tell('selected', { key })
  panel.show(key, { focus }).then(() => at && sheet.uncover(at))
}

function unselect({ isKept = false } = {}) {
  if (!state.selected) return
  state.selected = null
  panel.close()
  showSelected()
  if (!isKept) address.keep()
  tell('selected', { key: null })
  ;(cameFrom?.isConnected && cameFrom !== document.body ? cameFrom : byId('view-list')).focus({ preventScroll: true })
  cameFrom = null
}

function showSelected() {
  list.markSelected()
  table.light()
  sheet.redraw()
}

function light(key) {
  if (key === state.lit) return
  state.lit = key
  table.light()
  sheet.redraw()
}

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
      const isAsked = !sameFilters(state.filters, view.filters)
      Object.assign(state, { on: view.on, shown: view.shown, filters: view.filters })
      filters.show()
      dock.showTallies()
      if (isAsked) filtersChanged({ isKept: true })
      else shownChanged({ isKept: true })
    }
    if (view.selected && view.selected !== state.selected) {
      select(view.selected, { focus: false, isKept: true, isThere: Boolean(view.centre) })
    } else if (!view.selected) unselect({ isKept: true })
    if (!isKept) this.keep()
  },
}

/** Conditions or layers were switched: the tiles hold all that is needed, or are fetched. */
function shownChanged({ isKept = false } = {}) {
  sheet.ask()
  sheet.changed()
  tableSoon()
  if (!isKept) address.keep()
  tell('filters', { filters: workbench.filters })
}

let asked = noFilters() // the filters that what is shown answers to
let round = 0

/** Something else is asked for: map, list and counts stay until all of the new is there, and change in one step. */
async function filtersChanged({ isKept = false } = {}) {
  const mine = ++round
  root.dataset.settled = 'false'
  sheet.store.hold()
  sheet.ask()
  if (!isKept) address.keep()
  try {
    const [found] = await Promise.all([tallies(state.filters), sheet.store.complete()])
    if (mine !== round) return
    asked = state.filters
    showTallies(found)
  } catch (error) {
    if (mine !== round) return
    say(config.words.filterRefused.replace('{why}', error.message))
    state.filters = asked
    filters.show()
    dock.showTallies()
    sheet.ask()
    address.keep({ isMove: true })
  }
  sheet.store.release()
  tableSoon()
  tell('filters', { filters: workbench.filters })
}

function showTallies(found) {
  config.layers = config.layers.filter((layer) => found.has(layer.key))
  for (const layer of config.layers) {
    const { count, by_condition: byCondition } = found.get(layer.key)
    Object.assign(layer, { count, by_condition: byCondition })
  }
  dock.showTallies()
}

map.on('moveend', () => {
  sheet.ask()
  if (table.isOpen && byId('table-scope').value === 'view') tableSoon()
  address.keep({ isMove: true })
})
// Also when somebody follows a link with another view to the open map.
addEventListener('popstate', () => address.restore(location.hash.slice(1), { isKept: true }))

// Parts ---------------------------------------------------------------------------------------------------------------

const dock = new Dock({ config, state, onShown: shownChanged, onFilter: filtersChanged, onLook: () => sheet.redraw() })
const filters = new Filters({ state, onFilter: filtersChanged })
const list = new ViewList({ config, state, onOpen: open, onLight: light })
const stops = new Stops({ sheet, config, onOpen: open, onLight: light, say: (text) => (byId('say').textContent = text) })
const marking = new Marking({
  config, state,
  onMarked: (chosen) => {
    sheet.redraw()
    if (byId('table-scope').value === 'marked') tableSoon()
    else if (table.isOpen) table.count()
    tell('marked', { keys: chosen })
  },
  onTable: () => table.open('marked'),
})
const table = new Table({
  config, state, marking,
  box: () => sheet.box(),
  onOpen: (key, at) => select(key, { at: toWorld(at), isThere: false, focus: false }),
  onLight: light,
  onMarked: (rows) => marking.set(rows),
  onShow: () => sheet.redraw(),
})
new Bulk({
  words: config.words,
  rows: () => marking.rows,
  onResult: (key, text) => {
    table.results.set(key, text)
    table.set(table.rows, table.isWhole)
  },
  onOver: say,
})
new Picture({ map, sheet, config, state, filterWords: () => filterWords(config, state), say })

const panel = new Panel(byId('panel'), {
  words: config.words,
  onClose: unselect,
  onSay: say,
  onGone: () => {
    say(config.words.gone)
    unselect()
  },
  onOpen: (key) => {
    isPlaced = false
    select(key)
  },
  onShown: (article) => {
    state.value = article.dataset.value || null
    sheet.redraw()
    if (article.dataset.at && !isPlaced) sheet.goTo(article.dataset.at.split(',').map(Number), Math.max(map.getZoom(), 15))
    isPlaced = true
  },
})

const tools = bindTools({ map, sheet, dock, config, state, marking, table, say, unselect })
watchPointer({ map, sheet, config, tip: byId('tip'), isTaken: tools.isTaken, onLight: light, onOpen: open })

const tallySoon = soon(300, async () => {
  const found = await tallies(asked).catch(() => null)
  if (found) showTallies(found)
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
      if (table.isOpen && state.on.has(fact.layer)) tableSoon()
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

/** What the other parts of the page build upon (command bar, saved views, ticker). */
export const workbench = {
  map,
  select: (key) => select(key),
  unselect,
  goTo: (lonLat, zoom) => sheet.goTo(lonLat, zoom),
  fit: (box) => sheet.fit(box),
  state: () => address.state(),
  restore: (text) => address.restore(text),
  /** Boxes [left, top, right, bottom] of the names in view, in px: none lies upon another. */
  get names() {
    return sheet.symbols.names
  },
  /** The symbols in view: `{key, px, py, radius, condition | counts}`. */
  get symbols() {
    return sheet.inView()
  },
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

// Commands: the places of the rail, and what the buttons beside the map do ------------------------------------------------

const ofRail = [...document.querySelectorAll('.rail-places a')].map((link) => ({ title: link.textContent.trim(), act: () => location.assign(link.href) }))
const ofTools = [...document.querySelectorAll('.map-tools button[aria-label]')].map((button) => ({ title: button.getAttribute('aria-label'), act: () => button.click() }))
new Command(byId('command'), {
  open: (key) => select(key),
  goTo: workbench.goTo,
  commands: [...ofRail, ...ofTools],
})
