/**
 * Parts of a page that are fetched by htmx: a skeleton where it takes longer than a blink, and a sentence where it did
 * not work. What stood there before stays, so nothing is lost. Words: <template id="skeleton">, <template id="trouble">.
 */
const WAITS = 150 // ms

const isQuiet = (detail) => detail.requestConfig?.triggeringEvent?.type === 'live' || detail.triggeringEvent?.type === 'live'
const before = new WeakMap() // element that waits: its timer, and what stood there

function put(target) {
  const kept = before.get(target)
  if (!kept) return
  clearTimeout(kept.timer)
  before.delete(target)
  if (kept.nodes) target.replaceChildren(...kept.nodes)
}

/** The sentence that the server gave on its error page, if it gave one. */
function sentence(xhr) {
  const page = xhr?.responseText ? new DOMParser().parseFromString(xhr.responseText, 'text/html') : null
  const [title, text] = ['.lone-card h1', '.lone-card h1 + p'].map((one) => page?.querySelector(one)?.textContent.trim())
  return title ? { title, text: text ?? '' } : null
}

function say(target, elt, found) {
  const template = document.getElementById('trouble')
  if (!template || !target?.isConnected) return
  target.querySelector(':scope > .trouble')?.remove()
  const piece = template.content.firstElementChild.cloneNode(true)
  if (found) {
    piece.querySelector('h3').textContent = found.title
    piece.querySelector('p').textContent = found.text
  }
  piece.querySelector('button').addEventListener('click', () => {
    piece.remove()
    if (elt.isConnected) elt.click()
  }, { once: true })
  target.prepend(piece)
}

document.addEventListener('htmx:beforeSend', ({ detail }) => {
  const { target } = detail
  if (isQuiet(detail) || !target?.matches('[data-waits]')) return
  const template = document.getElementById('skeleton')
  if (!template) return
  const kept = { nodes: null }
  kept.timer = setTimeout(() => {
    kept.nodes = [...target.childNodes]
    target.replaceChildren(template.content.cloneNode(true))
    target.setAttribute('aria-busy', 'true')
  }, WAITS)
  before.set(target, kept)
})
for (const name of ['htmx:beforeSwap', 'htmx:sendError', 'htmx:timeout', 'htmx:sendAbort']) {
  document.addEventListener(name, ({ detail }) => {
    const { target, xhr, elt } = detail
    if (!target) return
    const isAnswered = name === 'htmx:beforeSwap'
    target.removeAttribute('aria-busy')
    put(target)
    if (isQuiet(detail) || name === 'htmx:sendAbort') return // a live refresh comes again; the banner says that the line is down
    if (!isAnswered) say(target, elt, null)
    else if (xhr.status >= 400 && !detail.shouldSwap) say(target, detail.requestConfig?.elt ?? elt, sentence(xhr))
  })
}
