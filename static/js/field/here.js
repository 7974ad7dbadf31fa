/** Where the phone is: asked for once a page, shared by all its parts. */
import { words } from './words.js'

let last = null // {lon, lat, accuracy, at}
let asking = null

/** The last position of this page, not older than two minutes, or null. */
export const fresh = () => (last && Date.now() - last.at < 120_000 ? last : null)

/** Finds the position; resolves to it or rejects with a sentence for the person. */
export function find({ again = false } = {}) {
  if (!again && fresh()) return Promise.resolve(last)
  asking ??= new Promise((resolve, reject) => {
    if (!('geolocation' in navigator) || !isSecureContext) {
      reject(new Error(words.here.none))
      return
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        last = { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy, at: Date.now() }
        resolve(last)
      },
      (error) => reject(new Error(error.code === error.PERMISSION_DENIED ? words.here.refused : words.here.failed)),
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 30_000 },
    )
  }).finally(() => (asking = null))
  return asking
}

/** Finds it only where the person has allowed it before: a list must not begin with a question. */
export async function findIfAllowed() {
  try {
    const right = await navigator.permissions?.query({ name: 'geolocation' })
    if (right && right.state !== 'granted') return null
    return await find()
  } catch {
    return null
  }
}
