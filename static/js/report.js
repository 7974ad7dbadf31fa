/** The public report: photos made small on the device, a place by tap, position or the map's middle; and one's own reports. */
import { L } from './leaflet.js'
import { miniMapOf } from './minimap.js'
import { toast } from './toasts.js'

const OWN = 'envmap.reports'
const LONGEST_SIDE = 2_000 // px: enough to judge, a tenth of the bytes
const form = document.querySelector('[data-report]')

/** A smaller JPEG of a photo, or the photo itself where it is small or cannot be drawn. What EXIF says is lost with it. */
export async function smaller(file, longest = LONGEST_SIDE) {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null)
  if (!picture) return file
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height))
  if (scale === 1 && file.size < 1_500_000) return file
  const canvas = Object.assign(document.createElement('canvas'), { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) })
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.85))
  return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg', lastModified: file.lastModified }) : file
}

function watchPhotos() {
  const input = form.querySelector('#id_photos')
  const previews = form.querySelector('[data-previews]')
  const said = form.querySelector('#photo-words')
  let kept = []
  function show() {
    const files = new DataTransfer()
    kept.forEach((file) => files.items.add(file))
    input.files = files.files
    for (const old of previews.querySelectorAll('figure')) {
      URL.revokeObjectURL(old.querySelector('img').src)
      old.remove()
    }
    previews.prepend(...kept.map((file, n) => {
      const figure = document.createElement('figure')
      const image = Object.assign(document.createElement('img'), { src: URL.createObjectURL(file), alt: file.name })
      const away = Object.assign(document.createElement('button'), { type: 'button', textContent: '×', className: 'shot-away' })
      away.setAttribute('aria-label', `× ${file.name}`)
      away.addEventListener('click', () => {
        kept = kept.filter((_, at) => at !== n)
        show()
      })
      figure.append(image, away)
      return figure
    }))
    said.textContent = kept.length ? said.dataset.words.replace('{n}', kept.length) : ''
  }
  input.addEventListener('change', async () => {
    const chosen = await Promise.all([...input.files].map((file) => smaller(file)))
    kept = [...kept, ...chosen].slice(0, 6)
    show()
  })
}

function watchPlace() {
  const { map } = miniMapOf(form.querySelector('.mini-map'))
  const { lat, lon } = form.elements
  const words = form.querySelector('[data-place-words]')
  const pin = L.marker([0, 0], { keyboard: false, interactive: false, icon: L.divIcon({ className: 'pin', iconSize: [30, 40], iconAnchor: [15, 38] }) })
  function mark(place, zoom = null) {
    lat.value = place.lat.toFixed(6)
    lon.value = place.lng.toFixed(6)
    pin.setLatLng(place).addTo(map)
    if (zoom) map.setView(place, zoom, { animate: false })
    words.textContent = words.dataset.marked.replace('{lat}', place.lat.toFixed(5)).replace('{lon}', place.lng.toFixed(5))
  }
  map.on('click', (event) => mark(event.latlng))
  form.querySelector('[data-middle]').addEventListener('click', () => mark(map.getCenter()))
  const here = form.querySelector('[data-here]')
  here.hidden = !('geolocation' in navigator)
  here.addEventListener('click', () => {
    words.textContent = words.dataset.asking
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => mark(L.latLng(coords.latitude, coords.longitude), 16),
      (error) => (words.textContent = error.code === error.PERMISSION_DENIED ? words.dataset.refused : words.dataset.failed),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    )
  })
  if (lat.value && lon.value) mark(L.latLng(Number(lat.value), Number(lon.value)), 15)
  else words.textContent = words.dataset.none
}

const own = () => {
  try {
    return JSON.parse(localStorage.getItem(OWN) ?? '[]')
  } catch {
    return []
  }
}

function keepOwn(number) {
  const rest = own().filter((one) => one.number !== number)
  try {
    localStorage.setItem(OWN, JSON.stringify([{ number, address: location.pathname + location.search }, ...rest].slice(0, 20)))
  } catch {
    // Storage is full or refused: the address of the page is still the way.
  }
}

function showOwn() {
  const place = document.querySelector('[data-own-reports]')
  if (!place || !own().length) return
  place.querySelector('ul').replaceChildren(...own().map(({ number, address }) => {
    const item = document.createElement('li')
    item.append(Object.assign(document.createElement('a'), { href: address, textContent: number, className: 'code' }))
    return item
  }))
  place.hidden = false
}

if (form) {
  watchPhotos()
  watchPlace()
  showOwn()
}
const receipt = document.querySelector('[data-receipt]')
if (receipt) keepOwn(receipt.dataset.receipt)
const copy = document.querySelector('[data-copy-address]')
if (copy && navigator.clipboard) {
  copy.hidden = false
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(location.href)
    toast(copy.dataset.copied)
  })
}
