/**
 * The live connection of a page: subscribes, checks the chain of `prev`, replays what was missed after a break, and
 * says when what is shown may be out of date (`banner.js`). Nothing here polls.
 */
import { connectionBanner } from './banner.js'

const FIRST_WAIT = 1_000
const LONGEST_WAIT = 20_000
const SILENCE = 40_000 // the server says `head` every 15 s; two missed ones mean that nobody is there

/** Whether a fact follows the last one that was heard: pure. `last` is null before the subscription began. */
export const follows = (fact, last) => last !== null && fact.prev === last && fact.seq > fact.prev

/** The wait before the next attempt, in ms, doubling up to a bound, with a share of chance so that not all come at once. */
export const waitBefore = (attempt, chance = Math.random()) =>
  Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(attempt, 10)) * (0.75 + chance / 2)

/**
 * Opens the connection and keeps it open.
 *
 * @param {object} options
 * @param {string[]|null} options.layers keys, null for all that one may see
 * @param {number[]|null} options.bbox west, south, east, north in degrees, null for everywhere
 * @param {(fact: object) => void} options.onFact each fact once, in order
 * @param {() => void} options.onReset what is shown must be read again
 * @param {(reading: object) => void} options.onReading the newest readings of a station; may be lost
 * @param {(state: {up: boolean, missed: number}) => void} options.onState the connection went down or came back
 * @param {() => void} options.onHeard anything at all came from the server
 * @returns {{subscribe: (wanted: {layers?: string[]|null, bbox?: number[]|null}) => void, close: () => void}}
 */
export function connectLive({
  layers = null, bbox = null, onFact = () => {}, onReset = () => {}, onReading = () => {}, onState = () => {},
  onHeard = () => {},
} = {}) {
  let wanted = { layers, bbox }
  let socket = null
  let last = null // the seq up to which everything was heard
  let chain = null // the seq that the next fact must name as its `prev`
  let attempt = 0
  let up = false
  let missed = 0
  let over = false
  let retry = 0
  let silence = 0
  const banner = connectionBanner(() => comeBack())

  function show(isUp) {
    if (isUp) banner.up()
    else banner.down()
    document.documentElement.classList.toggle('is-stale', !isUp)
    if (isUp !== up) {
      up = isUp
      onState({ up, missed })
      missed = 0
    }
  }

  function ask() {
    chain = null
    socket.send(JSON.stringify({ type: 'subscribe', layers: wanted.layers, bbox: wanted.bbox, since: last }))
  }

  function heard(message) {
    banner.heard({ isReset: message.type === 'reset' })
    onHeard()
    if (message.type === 'hello') ask()
    else if (message.type === 'subscribed') {
      if (last === null && attempt > 0) {
        // The page is older than this first subscription, and nobody can say what it missed.
        banner.heard({ isReset: true })
        onReset()
      }
      chain = last = message.seq
      attempt = 0
      show(true)
    } else if (message.type === 'head') last = chain === null ? last : Math.max(last, message.seq)
    else if (message.type === 'reset') {
      if (chain === null) last = null // the answer to a `since` that is gone; `subscribed` follows
      onReset()
    } else if (message.type === 'reading.latest') onReading(message)
    else if ('prev' in message) {
      if (chain === null) return // of a subscription that is being replaced
      if (!follows(message, chain)) return ask() // something was lost: again from the last one that was heard
      chain = last = message.seq
      missed += up ? 0 : 1
      banner.heard({ isFact: true })
      onFact(message)
    }
  }

  function isSilent() {
    socket?.close(4000, 'silent')
  }

  function open() {
    clearTimeout(retry)
    const mine = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/live/`)
    socket = mine
    clearTimeout(silence)
    silence = setTimeout(isSilent, SILENCE)
    mine.onmessage = (event) => {
      clearTimeout(silence)
      silence = setTimeout(isSilent, SILENCE)
      if (mine === socket) heard(JSON.parse(event.data))
    }
    mine.onclose = (event) => {
      clearTimeout(silence)
      if (mine !== socket || over) return
      show(false)
      if (event.code === 4401) return document.dispatchEvent(new CustomEvent('live:signed-out'))
      retry = setTimeout(open, waitBefore(attempt++))
    }
  }

  function comeBack() {
    if (over || socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING) return
    attempt = 0
    open()
  }

  addEventListener('online', comeBack)
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && comeBack())
  open()
  return {
    subscribe(next) {
      wanted = { ...wanted, ...next }
      if (socket?.readyState === WebSocket.OPEN && chain !== null) ask()
    },
    close() {
      over = true
      clearTimeout(retry)
      socket?.close()
    },
  }
}
