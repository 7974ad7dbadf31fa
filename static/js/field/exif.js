/**
 * The metadata of a photograph (EXIF, JEITA CP-3451): a picture made smaller on the phone keeps time and position.
 * Pure: works on bytes.
 */

const SOI = 0xffd8
const APP1 = 0xffe1
const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0]
const ORIENTATION = 0x0112
const GPS_POINTER = 0x8825

/** The EXIF segment of a JPEG without its marker and length (`Exif\0\0` and the TIFF after it), or null. */
export function exifOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < 4 || view.getUint16(0) !== SOI) return null
  let at = 2
  while (at + 4 <= bytes.byteLength) {
    const marker = view.getUint16(at)
    if (marker < 0xff01 || marker === 0xffda) return null
    const length = view.getUint16(at + 2)
    if (length < 2 || at + 2 + length > bytes.byteLength) return null
    if (marker === APP1 && EXIF.every((byte, n) => bytes[at + 4 + n] === byte)) return bytes.slice(at + 4, at + 2 + length)
    at += 2 + length
  }
  return null
}

function tiff(exif) {
  const view = new DataView(exif.buffer, exif.byteOffset + 6, exif.byteLength - 6)
  const little = view.getUint16(0) === 0x4949
  return { view, little, first: view.getUint32(4, little) }
}

function entries({ view, little }, at, visit) {
  const count = view.getUint16(at, little)
  for (let n = 0; n < count; n++) visit(view.getUint16(at + 2 + 12 * n, little), at + 2 + 12 * n)
}

/** Whether a position is written in it. */
export function hasPosition(exif) {
  try {
    let found = false
    const parts = tiff(exif)
    entries(parts, parts.first, (tag, at) => {
      if (tag !== GPS_POINTER) return
      entries(parts, parts.view.getUint32(at + 8, parts.little), (inner) => (found ||= inner === 2))
    })
    return found
  } catch {
    return false
  }
}

/** The same metadata for pixels that stand upright already. */
export function upright(exif) {
  const copy = exif.slice()
  try {
    const parts = tiff(copy)
    entries(parts, parts.first, (tag, at) => {
      if (tag === ORIENTATION) parts.view.setUint16(at + 8, 1, parts.little)
    })
  } catch {
    return exif // damaged; the server says nothing of it either
  }
  return copy
}

const two = (n) => String(n).padStart(2, '0')

/** When the camera says that it was taken, as in the file (`2026:11-24 …`), or null. */
export function takenAt(exif) {
  try {
    const parts = tiff(exif)
    let pointer = 0
    let text = null
    entries(parts, parts.first, (tag, at) => tag === 0x8769 && (pointer = parts.view.getUint32(at + 8, parts.little)))
    if (pointer) {
      entries(parts, pointer, (tag, at) => {
        if (tag !== 0x9003) return
        const from = parts.view.getUint32(at + 8, parts.little)
        text = String.fromCharCode(...new Uint8Array(parts.view.buffer, parts.view.byteOffset + from, 19))
      })
    }
    return /^\d{4}:\d\d:\d\d \d\d:\d\d:\d\d$/.test(text ?? '') ? text : null
  } catch {
    return null
  }
}

/** Local time of an instant with its offset, as EXIF writes them. */
export function stamp(ms) {
  const t = new Date(ms)
  const east = -t.getTimezoneOffset()
  const sign = east < 0 ? '-' : '+'
  return {
    time: `${t.getFullYear()}:${two(t.getMonth() + 1)}:${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`,
    offset: `${sign}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`,
  }
}

/**
 * Metadata of our own: time, its offset (or null), and where known the position {lon, lat (degrees, WGS 84), accuracy (m)}.
 */
export function build({ time, offset = null, position = null }) {
  const values = []
  const fields = { first: [], inner: [], gps: [] }
  const ascii = (text) => [...text, '\0'].map((sign) => sign.charCodeAt(0))
  fields.first.push({ tag: 0x8769, type: 4, count: 1, pointer: 'inner' })
  fields.inner.push({ tag: 0x9003, type: 2, bytes: ascii(time) })
  if (offset) fields.inner.push({ tag: 0x9011, type: 2, bytes: ascii(offset) })
  if (position) {
    const rational = (n, d) => [Math.round(n * d), d]
    const dms = (value) => {
      const v = Math.abs(value)
      const [d, m] = [Math.floor(v), Math.floor((v * 60) % 60)]
      return [...rational(d, 1), ...rational(m, 1), ...rational((v - d - m / 60) * 3600, 10_000)]
    }
    fields.first.push({ tag: GPS_POINTER, type: 4, count: 1, pointer: 'gps' })
    fields.gps.push({ tag: 1, type: 2, bytes: ascii(position.lat < 0 ? 'S' : 'N') })
    fields.gps.push({ tag: 2, type: 5, longs: dms(position.lat) })
    fields.gps.push({ tag: 3, type: 2, bytes: ascii(position.lon < 0 ? 'W' : 'E') })
    fields.gps.push({ tag: 4, type: 5, longs: dms(position.lon) })
    if (Number.isFinite(position.accuracy)) fields.gps.push({ tag: 0x1f, type: 5, longs: rational(position.accuracy, 10) })
  }
  const starts = {}
  let at = 8
  for (const name of ['first', 'inner', 'gps']) {
    starts[name] = at
    if (fields[name].length) at += 2 + 12 * fields[name].length + 4
  }
  const place = (bytes) => {
    values.push({ at, bytes })
    at += bytes.length + (bytes.length % 2)
    return at - bytes.length - (bytes.length % 2)
  }
  const long = (n) => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
  const short = (n) => [(n >>> 8) & 255, n & 255]
  const directories = ['first', 'inner', 'gps'].filter((name) => fields[name].length).map((name) => {
    const out = short(fields[name].length)
    for (const { tag, type, bytes, longs, pointer } of fields[name]) {
      const raw = pointer ? long(starts[pointer]) : bytes ?? longs.flatMap(long)
      const count = pointer ? 1 : type === 5 ? longs.length / 2 : raw.length
      out.push(...short(tag), ...short(type), ...long(count))
      out.push(...(raw.length <= 4 ? [...raw, 0, 0, 0, 0].slice(0, 4) : long(place(raw))))
    }
    return [...out, 0, 0, 0, 0]
  })
  const body = new Uint8Array(6 + at)
  body.set(EXIF)
  body.set([0x4d, 0x4d, 0, 42, 0, 0, 0, 8], 6)
  let from = 14
  for (const directory of directories) {
    body.set(directory, from)
    from += directory.length
  }
  for (const { at: to, bytes } of values) body.set(bytes, 6 + to)
  return body
}

/** A JPEG with this EXIF segment right behind its start; its own one, if any, must be gone. */
export function withExif(jpeg, exif) {
  const out = new Uint8Array(jpeg.byteLength + exif.byteLength + 4)
  out.set(jpeg.subarray(0, 2))
  out.set([0xff, 0xe1, (exif.byteLength + 2) >> 8, (exif.byteLength + 2) & 255], 2)
  out.set(exif, 6)
  out.set(jpeg.subarray(2), 6 + exif.byteLength)
  return out
}
