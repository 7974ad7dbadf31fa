/** Sends what waits, one thing after the other, each once: a repeat carries the same client_uuid and the same bytes. */
import * as store from './store.js'
import { bodyOf, clockError, outcome, ready } from './rules.js'

const listeners = new Set()
const state = { up: navigator.onLine, sending: null, left: null, signedOut: false, contact: null }

/** What the page shows of the connection: `{up, sending, signedOut, contact}`; calls `listener` at every change. */
export function watch(listener) {
  listeners.add(listener)
  listener(state)
  return () => listeners.delete(listener)
}

function tell(change = {}) {
  Object.assign(state, change)
  for (const listener of listeners) listener(state)
}

/** Asks who is signed in here and what time it is there. Null without a signal. */
export async function ask() {
  const asked = Date.now()
  try {
    const answer = await fetch('/field/now.json', { cache: 'no-store', headers: { Accept: 'application/json' } })
    if (!answer.ok) throw new Error(`${answer.status}`)
    const who = await answer.json()
    const answered = Date.now()
    who.error = clockError({ asked, answered, server: Date.parse(who.now) })
    who.serverNow = answered - who.error
    await store.putFact('clock', who.error)
    await store.putFact('contact', Date.now())
    tell({ up: true, contact: Date.now(), error: who.error })
    return who
  } catch {
    tell({ up: false, contact: await store.getFact('contact').catch(() => null) })
    return null
  }
}

async function post(address, who, init) {
  const headers = { Accept: 'application/json', 'X-CSRFToken': who.token, 'X-Envmap-Person': encodeURIComponent(who.person), ...init.headers }
  try {
    const answer = await fetch(address, { method: 'POST', ...init, headers })
    const said = await answer.json().catch(() => null)
    // Half an answer is no answer: the next attempt learns what became of it.
    return { status: said === null && answer.ok ? 0 : answer.status, said: said ?? {} }
  } catch {
    return { status: 0, said: {} }
  }
}

async function sendOne(item, items, who) {
  if (item.kind === 'photo') {
    const form = new FormData()
    form.append('file', item.blob, item.name)
    form.append('client_uuid', item.id)
    return post('/api/v1/attachments', who, { body: form })
  }
  // The bytes of the first attempt are those of every further one.
  const sent = item.sent ?? JSON.stringify(bodyOf(item, items, who))
  if (!item.sent) await store.changeItem(item.id, { sent })
  const address = item.kind === 'issue' ? '/api/v1/issues' : `/api/v1/orders/${encodeURIComponent(item.number)}/${item.verb}`
  return post(address, who, { body: sent, headers: { 'Content-Type': 'application/json' } })
}

async function settle(item, { status, said }) {
  const what = outcome(status)
  if (what === 'arrived') {
    const result = { id: said.id, number: said.number, version: said.version, state: said.state }
    await store.changeItem(item.id, { state: 'arrived', result, at: Date.now() })
    if (item.kind !== 'photo') await tidy(item)
  } else if (what === 'refused') {
    const refusal = { status, detail: said.detail ?? '', errors: said.errors ?? [] }
    await store.changeItem(item.id, { state: 'refused', refusal })
  }
  return what
}

/** What has arrived goes from the phone; a verb stays while another of its order may still need its version. */
async function tidy(item) {
  await store.dropItems(item.needs ?? [])
  await store.putFact(`last ${item.person}`, Date.now())
  const items = await store.itemsOf(item.person)
  const isNeeded = (one) => items.some((other) => other.after === one.id && other.state !== 'arrived')
  await store.dropItems(items.filter((one) => one.kind !== 'photo' && one.state === 'arrived' && !isNeeded(one)).map((one) => one.id))
}

async function pass() {
  const who = await ask()
  if (!who) return
  tell({ signedOut: !who.person, person: who.person })
  if (!who.person) return
  const tried = new Set()
  for (;;) {
    const items = await store.itemsOf(who.person)
    const next = ready(items).find((item) => !tried.has(item.id))
    if (!next) break
    tried.add(next.id)
    tell({ sending: next.id })
    const answer = await sendOne(next, items, who)
    const what = await settle(next, answer)
    document.dispatchEvent(new CustomEvent('field:settled', { detail: { item: next, what, answer } }))
    if (what === 'again') {
      tell({ up: answer.status !== 0 })
      break
    }
    if (what === 'signed-out') {
      tell({ signedOut: true })
      break
    }
  }
  tell({ sending: null })
}

let running = null
let wanted = false

/** One round over everything that may go; rounds never overlap, in this tab or in another. */
export function send() {
  if (running) {
    wanted = true
    return running
  }
  const round = async () => {
    do {
      wanted = false
      await pass()
    } while (wanted)
  }
  running = (navigator.locks ? navigator.locks.request('envmap-field-send', round) : round()).catch((error) => console.warn('field: sending', error)).finally(() => {
    running = null
    tell({ sending: null })
  })
  return running
}
