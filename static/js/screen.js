/**
 * The wall screen: the sheet of the workbench without its panels, and parts that are read again when something happens.
 * It stands for weeks: nothing here grows with the messages, and a break says since when.
 */
import { connectLive } from './live.js'
import { WORST_FIRST } from './map/conditions.js'
import { toWorld } from './map/projection.js'
import { Sheet } from './map/sheet.js'
import { soon } from './map/soon.js'
import { noFilters } from './map/state.js'

const STALE = 60_000 // ms without a word from the server: the figures are dimmed
const PARTS = ['wall-today', 'wall-conditions', 'wall-feed', 'wall-units', 'wall-layers']
const ZONE = 'Asia/Shanghai'

const config = JSON.parse(document.getElementById('map-config').textContent)
const wall = document.getElementById('wall')
const map = window.leafletmapmap

/** The same sheet; the cards stand where the workbench has its panels. */
class WallSheet extends Sheet {
  padding() {
    const isWide = matchMedia('(min-width: 1280px)').matches
    const [left, right] = ['wall-today', 'wall-feed'].map((id) => document.getElementById(id)?.offsetWidth ?? 0)
    return isWide ? { paddingTopLeft: [left + 56, 60], paddingBottomRight: [right + 56, 130] } : { paddingTopLeft: [16, 90], paddingBottomRight: [16, 16] }
  }

  free() {
    const { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom] } = this.padding()
    const { x: width, y: height } = this.map.getSize()
    return { left, top, right: width - right, bottom: height - bottom, tools: null }
  }
}

const state = { shown: new Set(WORST_FIRST), on: new Set(config.layers.map((layer) => layer.key)), filters: noFilters(), opacity: {}, marked: new Set(), selected: null, value: null, lit: null }
const sheet = new WallSheet({ map, config, state })
document.documentElement.dataset.theme = 'dark'
sheet.recolour()
sheet.whole()
sheet.begin()
sheet.ask()
map.on('moveend', () => sheet.ask())
new ResizeObserver(() => {
  map.invalidateSize({ animate: false })
  sheet.whole()
}).observe(wall)

// Figures --------------------------------------------------------------------------------------------------------------

/** Reads the page again and puts its parts in place of the old ones; at most one request at a time. */
let isReading = false
async function read() {
  if (isReading) return later()
  isReading = true
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, signal: AbortSignal.timeout(15_000) })
    if (answer.redirected || !answer.ok) return
    readAt = Date.now()
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
    for (const id of PARTS) {
      const part = fresh.getElementById(id)
      if (part) document.getElementById(id)?.replaceWith(document.adoptNode(part))
    }
  } catch {
    // Nobody is there: the connection says so, and the next fact or minute tries again.
  } finally {
    isReading = false
  }
}
const later = soon(1_500, read)

// The time, and how old the news are -----------------------------------------------------------------------------------

const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, hour: '2-digit', minute: '2-digit' })
const precise = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, hour: '2-digit', minute: '2-digit', second: '2-digit' })
const day = new Intl.DateTimeFormat(config.language === 'en' ? 'en-GB' : 'zh-CN', { timeZone: ZONE, month: 'long', day: 'numeric', weekday: 'short' })
const live = document.getElementById('wall-live')
let heardAt = Date.now()
let readAt = Date.now() // a socket that speaks says nothing of figures that cannot be read
let isUp = false
let shownDay = ''

function tick() {
  const now = Date.now()
  wall.querySelector('[data-clock]').textContent = clock.format(now)
  const today = day.format(now)
  wall.querySelector('[data-day]').textContent = today
  if (shownDay && today !== shownDay) read() // midnight: today's figures begin anew
  shownDay = today
  const isStale = now - heardAt > STALE || now - readAt > 2.5 * STALE
  wall.classList.toggle('is-stale', isStale)
  live.classList.toggle('is-up', isUp && !isStale)
  const words = isStale || !isUp ? wall.dataset.wordsAgo : wall.dataset.wordsLast
  live.querySelector('[data-last]').textContent = words.replace('{time}', precise.format(heardAt))
}
setInterval(tick, 1_000)
setInterval(read, 60_000)

connectLive({
  onHeard: () => {
    heardAt = Date.now()
  },
  onFact(fact) {
    if (fact.layer) sheet.store.stale(fact.layer, fact.location ? toWorld(fact.location.coordinates) : null)
    if (fact.type === 'alarm.raised' && fact.location) sheet.symbols.pulse(toWorld(fact.location.coordinates), () => sheet.redraw())
    later()
  },
  onReset() {
    config.layers.forEach((layer) => sheet.store.stale(layer.key))
    later()
  },
  onState({ up }) {
    isUp = up
    tick()
    if (up) later()
  },
})
tick()
