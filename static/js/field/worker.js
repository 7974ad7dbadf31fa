/*
 * The service worker of /field/. The server puts VERSION and SHELL before this text.
 *
 * Pages come from the server while it answers and from the phone otherwise; a page is kept for the person whom the server
 * named in X-Envmap-Person, and only that person's pages are shown. What is to be sent is not the worker's business: the
 * pages send it (sender.js), because a phone that asks who is signed in must be able to ask the person.
 */
/* global VERSION, SHELL */
const SHELL_CACHE = `field-shell-${VERSION}`
const META = 'field-meta'
const AWAY = '/field/away/'
const PATIENCE = 8_000 // ms for a page where something is kept; a weak signal is worse than none
const MOST_PAGES = 90
const HASHED = /\.[0-9a-f]{12}\.[^/]+$/

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(SHELL_CACHE)
    await Promise.all([...SHELL, AWAY].map(async (url) => {
      const answer = await fetch(url, { cache: 'no-cache' })
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
      await cache.put(url, answer)
    }))
    await self.skipWaiting()
  })())
})

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith('field-shell-') && name !== SHELL_CACHE) await caches.delete(name)
    await self.clients.claim()
  })())
})

async function person() {
  const kept = await (await caches.open(META)).match('/field/person')
  return kept ? kept.text() : null
}

const pagesOf = (who) => caches.open(`field-pages-${who}`)
const tilesOf = (who) => caches.open(`field-tiles-${who}`)

async function tellAll(message) {
  for (const client of await self.clients.matchAll()) client.postMessage(message)
}

async function put(cache, request, answer) {
  try {
    await cache.put(request, answer)
  } catch (error) {
    if (error.name === 'QuotaExceededError') await tellAll({ type: 'full' })
  }
}

/** Keeps a page that the server gave, for the person whom it was made for. */
async function keepPage(url, answer, tag) {
  const who = answer.headers.get('X-Envmap-Person')
  if (!who || !answer.ok || answer.redirected || answer.type !== 'basic') return false
  await put(await caches.open(META), '/field/person', new Response(who))
  const headers = new Headers(answer.headers)
  if (tag) headers.set('X-Tag', tag)
  await put(await pagesOf(who), url, new Response(await answer.blob(), { status: 200, headers }))
  return true
}

const plain = (url) => {
  const address = new URL(url, self.location.origin)
  return address.pathname + address.search
}

async function keptPage(request) {
  const who = await person()
  const url = plain(request.url)
  const cache = who && (await pagesOf(who))
  const found = cache && ((await cache.match(url)) || (new URL(request.url).pathname === '/field/' && (await cache.match('/field/'))))
  return found || null
}

async function page(event) {
  const { request } = event
  const kept = await keptPage(request)
  const asked = fetch(request).then((answer) => {
    event.waitUntil(keepPage(plain(request.url), answer.clone()).catch(() => {}))
    return answer
  })
  asked.catch(() => {})
  try {
    if (!kept) return await asked
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('late')), PATIENCE))
    const answer = await Promise.race([asked, late])
    // The server is there, the application behind it is not.
    return answer.status >= 502 && answer.status <= 504 ? kept : answer
  } catch {
    return kept || (await caches.match(AWAY)) || Response.error()
  }
}

async function file(request) {
  if (HASHED.test(request.url)) {
    const kept = await caches.match(request, { ignoreVary: true })
    if (kept) return kept
  }
  try {
    const answer = await fetch(request)
    if (answer.ok) await put(await caches.open(SHELL_CACHE), request, answer.clone())
    return answer
  } catch (error) {
    const kept = await caches.match(request, { ignoreVary: true })
    if (kept) return kept
    throw error
  }
}

/** Tiles and pictures are what one person may see. */
async function shown(request, open) {
  const who = await person()
  try {
    const answer = await fetch(request)
    if (who && answer.ok && answer.status !== 204) await put(await open(who), request.url, answer.clone())
    return answer
  } catch (error) {
    const kept = who && (await (await open(who)).match(request.url, { ignoreVary: true }))
    if (kept) return kept
    throw error
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate') {
    if (url.pathname.startsWith('/field/')) event.respondWith(page(event))
  } else if (url.pathname.startsWith('/static/')) event.respondWith(file(request))
  else if (url.pathname.startsWith('/tiles/')) event.respondWith(shown(request, tilesOf))
  else if (/^\/api\/v1\/(orders|issues)\/[^/]+\/attachments\/\d+$/.test(url.pathname)) event.respondWith(shown(request, pagesOf))
})

async function keep({ person: who, orders, pages, tiles }) {
  const cache = await pagesOf(encodeURIComponent(who))
  let n = 0
  for (const { url, tag } of orders) {
    const kept = await cache.match(url)
    if (kept?.headers.get('X-Tag') === tag) n += 1
    else if (await fetchInto(url, tag)) n += 1
  }
  for (const url of pages) await fetchInto(url)
  const tileCache = await tilesOf(encodeURIComponent(who))
  for (const url of tiles) {
    const answer = await fetch(url).catch(() => null)
    if (answer?.ok && answer.status !== 204) await put(tileCache, new URL(url, self.location.origin).href, answer)
  }
  const names = await cache.keys()
  const wanted = new Set([...orders.map(({ url }) => url), ...pages])
  const spare = names.filter(({ url }) => !wanted.has(plain(url)) && url.includes('/field/'))
  for (const request of spare.slice(0, Math.max(0, names.length - MOST_PAGES))) await cache.delete(request)
  await tellAll({ type: 'kept', orders: n })
}

async function fetchInto(url, tag) {
  const answer = await fetch(url, { headers: { Accept: 'text/html' } }).catch(() => null)
  return answer ? keepPage(url, answer, tag) : false
}

self.addEventListener('message', (event) => {
  if (event.data.type === 'keep') event.waitUntil(keep(event.data))
})
