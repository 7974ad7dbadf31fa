/**
 * Parts of a page that follow facts: `<div data-live="order.moved issue.moved" data-live-number="ZF…" hx-trigger="live" …>`
 * gets the htmx trigger `live` when such a fact arrives; `data-live-layer` narrows by layer likewise.
 */
import { connectLive } from './live.js'

/** Whether a part wants to hear of a fact: pure. */
export const isAbout = ({ types, number, layer }, fact) =>
  types.includes(fact.type) && (!layer || fact.layer === layer) && (!number || !fact.number || fact.number === number)

function wants(element) {
  const { live, liveNumber, liveLayer } = element.dataset
  return { types: live.split(/\s+/), number: liveNumber, layer: liveLayer }
}

const waiting = new Set()

function trigger(element) {
  // Facts come in bursts: one request a part for all of them.
  if (waiting.has(element)) return
  waiting.add(element)
  setTimeout(() => {
    waiting.delete(element)
    if (element.isConnected) window.htmx?.trigger(element, 'live')
  }, 150)
}

const parts = () => document.querySelectorAll('[data-live]')

if (parts().length) {
  connectLive({
    onFact: (fact) => parts().forEach((part) => isAbout(wants(part), fact) && trigger(part)),
    onReset: () => parts().forEach(trigger),
  })
}
