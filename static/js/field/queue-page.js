/** What waits on this phone, item by item, and what a person has to look at. */
import { said } from './app.js'
import { backToForm, pageOf } from './form.js'
import { fill, isClockWrong, size, spanOf, uuid, waitsFor, waysOn } from './rules.js'
import * as sender from './sender.js'
import * as store from './store.js'
import { confirmed, icon, make } from './dom.js'
import { person, timeOf, words } from './words.js'

const page = document.getElementById('queue')
const part = (name) => page.querySelector(`[data-queue-${name}]`)
const ICONS = { accept: 'check', report: 'send', return: 'undo-2', reassign: 'users', comment: 'message-square', issue: 'flag', photo: 'image' }
let now = { up: navigator.onLine }

const bytesOf = (item) => (item.blob?.size ?? 0) + (item.body ? JSON.stringify(item.body).length : 0)
const nameOf = (item) => `${words.verbs[item.verb] ?? ''} ${item.title || item.number}`.trim()

/** One line a verb, and one for all photos that it waits for. */
function linesOf(items) {
  const lines = []
  for (const item of items.filter((one) => one.kind !== 'photo' && one.state === 'waiting')) {
    const photos = (item.needs ?? []).map((id) => items.find((one) => one.id === id)).filter(Boolean)
    const going = photos.filter((photo) => photo.state !== 'arrived')
    if (going.length) {
      lines.push({
        icon: 'image', title: fill(going.length === 1 ? words.queue.photo : words.queue.photos, { n: going.length, what: item.title || item.number }),
        hint: [timeOf(going[0].made), size(going.reduce((sum, one) => sum + bytesOf(one), 0))].join(' · '), state: going.some((one) => one.id === now.sending) ? 'sending' : 'waiting',
      })
    }
    const waits = waitsFor(item, items)
    lines.push({
      icon: ICONS[item.verb] ?? 'send', title: nameOf(item), state: now.sending === item.id ? 'sending' : waits ?? 'waiting',
      hint: [item.number, timeOf(item.made), item.accuracy ? fill(words.queue.accuracy, { m: Math.round(item.accuracy) }) : '', item.body?.note?.slice(0, 60)].filter(Boolean).join(' · '),
    })
  }
  return lines
}

const STATE_ICONS = { waiting: 'hourglass', blocked: 'lock', photos: 'lock', sending: 'cloud-upload' }
const lineOf = ({ icon: name, title, hint, state }) =>
  make('li', { class: 'ph-q' }, make('span', { class: 'ph-qi' }, icon(name, 19)), make('div', { class: 'grow' }, make('b', {}, title), make('small', {}, hint)),
    make('span', { class: 'st' }, icon(STATE_ICONS[state], 15), words.queue.state[state]))

async function act(way, item) {
  if (way === 'again') await store.changeItem(item.id, { state: 'waiting', refusal: null, sent: null })
  if (way === 'anyway') {
    const { version, ...body } = item.body
    await store.changeItem(item.id, { state: 'waiting', refusal: null, sent: null, body, after: null })
  }
  if (way === 'change') {
    await backToForm(item)
    location.assign(pageOf(item))
    return
  }
  if (way === 'asComment') {
    const { note, attachments } = item.body
    await store.putItems([{ ...item, id: uuid(), verb: 'comment', body: { note, ...(attachments ? { attachments } : {}) }, state: 'waiting', refusal: null, sent: null, after: null }])
    await store.dropItems([item.id])
  }
  if (way === 'look') {
    location.assign(`/field/${item.number}/`)
    return
  }
  if (way === 'copy') {
    await navigator.clipboard?.writeText(item.body.note ?? item.body.title ?? '')
    said(words.queue.copied)
    return
  }
  if (way === 'drop') {
    if (!(await confirmed({ title: fill(words.queue.dropAsk, { what: nameOf(item) }), yes: words.queue.drop, no: words.queue.keep, danger: true }))) return
    await store.dropItems([item.id, ...(item.needs ?? [])])
  }
  await sender.send()
  await render()
}

function refusedCard(item) {
  const { status, detail, errors } = item.refusal
  const places = (errors ?? []).map((error) => error.detail).filter((text) => text && text !== detail)
  const photos = item.needs?.length ?? 0
  const kept = item.kind === 'photo' ? '' : fill(photos ? words.queue.kept : words.queue.keptWords, { n: photos })
  const ways = waysOn({ status, kind: item.kind, verb: item.verb, hasNote: Boolean(item.body?.note) })
  return make('section', { class: 'ph-sec ph-look', 'data-refused': item.id, 'data-status': status },
    make('div', { class: 'row' }, icon('circle-alert', 20), make('div', { class: 'grow' }, make('b', {}, item.kind === 'photo' ? `${words.verbs.photo} ${item.name}` : nameOf(item)),
      make('p', {}, [item.number, timeOf(item.made)].filter(Boolean).join(' · ')), make('p', {}, [detail || `${status}`, ...places].join(' ')), item.body?.note ? make('p', { class: 'prose' }, `“${item.body.note}”`) : '', make('p', {}, kept))),
    make('div', { class: 'ph-two' }, ...ways.map((way) => make('button', { type: 'button', class: `ph-btn${way === 'drop' ? ' danger' : ''}`, 'data-way': way, onclick: () => act(way, item) }, words.queue[way]))))
}

async function notes() {
  const found = []
  if (now.signedOut) found.push(make('p', { class: 'notice warn' }, icon('log-in', 18), make('span', {}, words.queue.signin, ' ', make('a', { href: '/signin/?next=/field/queue/' }, words.queue.signinGo))))
  const error = await store.getFact('clock')
  if (error !== null && isClockWrong(error)) {
    found.push(make('p', { class: 'notice warn', 'data-clock': true }, icon('clock', 18), make('span', {}, fill(error > 0 ? words.queue.clockAhead : words.queue.clockBehind, { span: spanOf(error, words) }))))
  }
  const others = await store.countOfOthers(person)
  if (others) found.push(make('p', { class: 'notice', 'data-others': others }, icon('users', 18), make('span', {}, fill(words.queue.others, { n: others }))))
  return found
}

async function render() {
  const items = (await store.itemsOf(person)).filter((item) => !item.draft)
  const refused = items.filter((item) => item.state === 'refused')
  const lines = linesOf(items)
  part('notes').replaceChildren(...(await notes()))
  part('refused').replaceChildren(...(refused.length ? [make('h2', {}, fill(words.queue.refusedTitle, { n: refused.length }))] : []), ...refused.map(refusedCard))
  part('list').hidden = !lines.length
  part('title').textContent = fill(words.queue.title, { n: lines.length })
  part('bytes').textContent = size(items.filter((item) => item.state === 'waiting').reduce((sum, item) => sum + bytesOf(item), 0))
  part('items').replaceChildren(...lines.map(lineOf))
  part('empty').hidden = Boolean(lines.length || refused.length)
  const last = await store.getFact(`last ${person}`)
  part('last').textContent = last ? fill(words.queue.last, { at: timeOf(last) }) : ''
  part('now').hidden = !lines.length
  page.dataset.shown = `${lines.length} ${refused.length}`
}

let rendering = Promise.resolve()
const again = () => (rendering = rendering.then(render).catch((error) => console.warn('field: queue', error)))

sender.watch((state) => {
  now = { ...state }
  again()
})
document.addEventListener('field:settled', again)
part('now').addEventListener('click', () => sender.send().then(again))
