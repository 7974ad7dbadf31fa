/** The app of the field pages: worker, queue, the sync mark, what waits at each order, and leaving with unsent work. */
import { tilesOver, toWorld } from '../map/projection.js'
import { watchForms } from './form.js'
import { waitsFor, fill, isClockWrong, size, spanOf } from './rules.js'
import * as sender from './sender.js'
import { stopsOf } from './sheet.js'
import * as store from './store.js'
import { make } from './dom.js'
import { person, timeOf, words } from './words.js'

const EVERY = 20_000 // ms between attempts while something waits
const TILE_ZOOM = 14
const AROUND = 0.00002 // half a side of the box round a stop, as a share of the world: about 700 m here

/** A sentence at the foot of the page for some seconds. */
export function said(text) {
  if (!text) return
  const toasts = document.querySelector('.toasts') ?? document.querySelector('main').appendChild(make('div', { class: 'toasts', role: 'status' }))
  const toast = make('p', { class: 'toast' }, text)
  toasts.append(toast)
  setTimeout(() => toast.remove(), 10_000)
}

async function showCount() {
  if (!person) return
  const items = (await store.itemsOf(person)).filter((item) => item.state !== 'arrived' && !item.draft && item.kind !== 'photo')
  for (const badge of document.querySelectorAll('[data-queue-count]')) {
    badge.hidden = !items.length
    badge.textContent = items.length
  }
  return items
}

/** What waits at each order, on its card and on its page. */
async function annotate() {
  if (!person) return
  const items = await store.itemsOf(person).catch(() => [])
  const verbs = items.filter((item) => item.kind === 'verb')
  const at = (number) => verbs.filter((item) => item.number === number && item.state !== 'arrived')
  const fillIn = (place, number) => {
    const waiting = at(number)
    place.hidden = !waiting.length
    place.textContent = waiting.map((item) => fill(words.waits, { verb: words.verbs[item.verb], at: timeOf(item.made) })).join(' · ')
  }
  for (const card of document.querySelectorAll('.ph-card[data-order]')) {
    fillIn(card.querySelector('[data-waits]'), card.dataset.order)
    const form = card.querySelector('form[data-field-verb=accept]')
    if (form && verbs.some((item) => item.number === card.dataset.order && item.verb === 'accept' && item.state !== 'refused')) {
      form.replaceWith(make('a', { class: 'ph-btn', href: `/field/${card.dataset.order}/#report` }, words.verbs.report))
    }
  }
  const page = location.pathname.match(/^\/field\/([^/]+)\/$/)
  const place = page && document.querySelector('#field-facts [data-waits]')
  if (!place) return
  const number = decodeURIComponent(page[1])
  fillIn(place, number)
  const isAccepted = verbs.some((item) => item.number === number && item.verb === 'accept' && item.state !== 'refused')
  for (const element of document.querySelectorAll('[data-until-accepted]')) element.hidden = isAccepted
  for (const element of document.querySelectorAll('[data-once-accepted]')) element.hidden = !isAccepted
}

function showSync({ up, signedOut, contact, sending }) {
  for (const mark of document.querySelectorAll('[data-sync]')) {
    const isDown = !up || signedOut
    mark.classList.toggle('is-down', isDown)
    mark.querySelector('[data-sync-up]').hidden = isDown
    mark.querySelector('[data-sync-down]').hidden = !isDown
    const text = mark.querySelector('[data-sync-text]')
    if (signedOut) text.textContent = words.signedOut
    else if (!up) {
      const since = contact ? Date.now() - contact : 0
      text.textContent = since > 60_000 ? fill(words.offline, { span: spanOf(since, words) }) : words.offlineNow
    } else if (sending) text.textContent = words.sending
    else if (contact) text.textContent = fill(words.synced, { at: timeOf(contact) })
  }
}

let lastState = { up: navigator.onLine }
sender.watch((state) => {
  lastState = { ...state }
  showSync(state)
})

async function attempt() {
  await sender.send()
  await showCount()
}

/** Pages and map for times without a signal. */
async function keep(worker) {
  const list = document.getElementById('field-keep')
  const orders = JSON.parse(list?.textContent ?? '[]')
  if (!list || !orders.length) return
  const urls = new Set(['/tiles/basemap.json'])
  for (const stop of stopsOf().slice(0, orders.length)) {
    if (!stop.layer) continue
    const [x, y] = toWorld(stop.at)
    for (const { z, x: tx, y: ty } of tilesOver([x - AROUND, y - AROUND, x + AROUND, y + AROUND], TILE_ZOOM)) urls.add(`/tiles/${stop.layer}/${z}/${tx}/${ty}.mvt`)
  }
  worker.postMessage({ type: 'keep', person, orders, pages: ['/field/', '/field/?tab=sent', '/field/?tab=all', '/field/map/', '/field/new/', '/field/queue/', '/field/me/'], tiles: [...urls].slice(0, 200) })
}

async function tellKept() {
  const kept = await store.getFact(`kept ${person}`)
  const room = await navigator.storage?.estimate?.()
  const section = document.querySelector('[data-kept]')
  if (section) section.hidden = !kept
  for (const place of document.querySelectorAll('[data-kept-words]')) {
    if (!kept) {
      if (isSecureContext) place.textContent = words.keptNot
      continue
    }
    const free = room?.quota ? ` · ${fill(words.room, { size: size(room.quota - room.usage) })}` : ''
    place.textContent = fill(words.kept, { n: kept.orders, size: size(room?.usage ?? 0), at: timeOf(kept.at) }) + free
  }
  const error = await store.getFact('clock')
  const clock = document.querySelector('[data-clock-words-here]')
  if (clock && error !== null && isClockWrong(error)) clock.textContent = fill(error > 0 ? words.queue.clockAhead : words.queue.clockBehind, { span: spanOf(error, words) })
}

async function startWorker() {
  if (!('serviceWorker' in navigator) || !isSecureContext) return
  const had = Boolean(navigator.serviceWorker.controller)
  navigator.serviceWorker.addEventListener('controllerchange', async () => {
    if (had && (await showCount())?.length) said(words.queue.update)
  })
  navigator.serviceWorker.addEventListener('message', async ({ data }) => {
    if (data.type === 'kept') {
      await store.putFact(`kept ${person}`, { orders: data.orders, at: Date.now() })
      document.documentElement.dataset.kept = `${data.orders}`
      tellKept()
    } else if (data.type === 'full') said(words.queue.full)
  })
  await navigator.serviceWorker.register('/field/worker.js', { scope: '/field/' })
  const { active } = await navigator.serviceWorker.ready
  document.documentElement.dataset.worker = 'ready'
  if (person) keep(active)
}

function start() {
  said(sessionStorage.getItem('field-said'))
  sessionStorage.removeItem('field-said')
  watchForms(document)
  annotate()
  document.addEventListener('htmx:afterSettle', () => {
    watchForms(document)
    annotate()
  })
  document.addEventListener('field:settled', async ({ detail }) => {
    await showCount()
    await annotate()
    if (detail.what === 'arrived' && detail.item.kind === 'verb') for (const part of document.querySelectorAll('[data-live]')) window.htmx?.trigger(part, 'live')
  })
  addEventListener('online', attempt)
  addEventListener('offline', () => sender.ask())
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && attempt())
  setInterval(async () => {
    showSync(lastState)
    const items = await store.itemsOf(person ?? '').catch(() => [])
    if (items.some((item) => item.state === 'waiting' && !waitsFor(item, items)) || !lastState.up) attempt()
  }, EVERY)
  attempt()
  tellKept().catch(() => {})
}

start()
startWorker().catch((error) => console.warn('field: worker', error))
