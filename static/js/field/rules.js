/**
 * Decisions of the queue. Pure: no DOM, no database, no network.
 *
 * A thing to send (item): {id (its client_uuid), person, order (rises with each thing made), kind: 'photo'|'verb'|'issue',
 * verb, number, title, made (ms by the phone's clock), state: 'waiting'|'refused'|'arrived', body, needs: [ids of photos],
 * after: id of the verb before it on the same order, or null, draft: true while its form was not sent, result, refusal}.
 */

/** A random UUID (RFC 9562, version 4); `crypto.randomUUID` is missing on plain HTTP. */
export function uuid() {
  const b = crypto.getRandomValues(new Uint8Array(16))
  b[6] = (b[6] & 0x0f) | 0x40
  b[8] = (b[8] & 0x3f) | 0x80
  const hex = [...b].map((x) => x.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** What an item waits for: 'photos', 'blocked' (the verb before it on its order) or null when it may go. */
export function waitsFor(item, items) {
  const byId = new Map(items.map((one) => [one.id, one]))
  if (item.needs?.some((id) => byId.get(id) && byId.get(id).state !== 'arrived')) return 'photos'
  if (item.kind === 'verb') {
    const before = items.some((one) => one.kind === 'verb' && one.number === item.number && one.order < item.order && one.state !== 'arrived')
    if (before) return 'blocked'
  }
  return null
}

/** The items that may be sent now, in their order: photos first where a verb needs them. */
export const ready = (items) => items.filter((item) => item.state === 'waiting' && !waitsFor(item, items))

/** What an answer means: 'arrived', 'refused' (a person must look), 'again' (later, by itself) or 'signed-out'. */
export function outcome(status) {
  if (status >= 200 && status < 300) return 'arrived'
  if (status === 401) return 'signed-out'
  if (status === 0 || status === 408 || status === 425 || status === 429 || status >= 500) return 'again'
  return 'refused'
}

/** Milliseconds by which the phone's clock is ahead of the server's (negative: behind); half the way there is forgiven. */
export const clockError = ({ asked, answered, server }) => Math.round((asked + answered) / 2 - server)

/** When a thing happened by the server's clock, in ms: never later than now there. */
export const trueTime = (made, error, serverNow) => Math.min(made - error, serverNow)

/** From how far off a clock is worth a sentence. */
export const isClockWrong = (error) => Math.abs(error) > 5 * 60_000

/** The body of a verb as it goes: photos by their ids, the version that the verb before it led to, when it happened. */
export function bodyOf(item, items, { error, serverNow }) {
  const byId = new Map(items.map((one) => [one.id, one]))
  const body = { ...item.body, client_uuid: item.id }
  const ids = (item.needs ?? []).map((id) => byId.get(id)?.result?.id).filter((id) => id !== undefined)
  if (ids.length || item.verb === 'report') body.attachments = [...(body.attachments ?? []), ...ids]
  for (const id of item.needs ?? []) {
    const photo = byId.get(id)
    if (photo?.role && photo.role !== 'photos' && photo.result) body.answers = { ...body.answers, [`P2.${photo.role}`]: photo.result.id }
  }
  if (item.kind === 'verb') {
    const before = item.after && byId.get(item.after)
    if (before?.result?.version && body.version !== undefined) body.version = before.result.version
    body.happened_at = new Date(trueTime(item.made, error, serverNow)).toISOString()
  }
  return body
}

/** The ways on from a refusal, by its status; the first one is the most likely. */
export function waysOn({ status, kind, verb, hasNote }) {
  const ways = []
  if (status === 412) ways.push('anyway')
  if ([400, 413, 415, 422].includes(status)) ways.push(kind === 'photo' ? 'drop' : 'change')
  if (status === 409 && verb === 'report') ways.push('asComment')
  ways.push('again')
  if (kind === 'verb') ways.push('look')
  if (hasNote) ways.push('copy')
  ways.push('drop')
  return [...new Set(ways)]
}

/** Bytes as people read them. */
export function size(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`
  return `${Math.max(1, Math.round(bytes / 1e3))} kB`
}

/** Metres as people read them. */
export const distance = (metres) => (metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(metres < 99500 ? 1 : 0)} km`)

/** Metres between two positions [lon, lat] on the sphere; good to 0.5 %. */
export function metresBetween([lon1, lat1], [lon2, lat2]) {
  const r = Math.PI / 180
  const a = Math.sin(((lat2 - lat1) * r) / 2) ** 2 + Math.cos(lat1 * r) * Math.cos(lat2 * r) * Math.sin(((lon2 - lon1) * r) / 2) ** 2
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(a))
}

/** Spots [x, y] in px, the later ones moved to the right until no two squares of `room` lie on one another. */
export function apart(spots, room = 44) {
  const placed = []
  for (const [x, y] of spots) {
    let at = x
    for (let tries = 0; tries < spots.length; tries++) {
      const inTheWay = placed.filter(([px, py]) => Math.abs(px - at) < room && Math.abs(py - y) < room)
      if (!inTheWay.length) break
      at = Math.max(...inTheWay.map(([px]) => px)) + room
    }
    placed.push([at, y])
  }
  return placed
}

/** Fills `{name}` in a sentence. */
export const fill = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? '')

/** A span of ms in the largest whole unit, by the page's words. */
export function spanOf(ms, { minutes, hours, days }) {
  const n = Math.round(Math.abs(ms) / 60_000)
  if (n < 60) return fill(minutes, { n: Math.max(1, n) })
  if (n < 36 * 60) return fill(hours, { n: Math.round(n / 60) })
  return fill(days, { n: Math.round(n / 1440) })
}
