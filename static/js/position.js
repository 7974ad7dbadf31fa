/** The browser's position for a report: asked for by a button, refused without harm. */

const ASK = { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 }

function locate(form) {
  const words = form.querySelector('[data-position-words]')
  const say = (text) => {
    words.textContent = text
  }
  say(words.dataset.asking)
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const { lon, lat, accuracy } = form.elements
      lon.value = coords.longitude.toFixed(7)
      lat.value = coords.latitude.toFixed(7)
      if (accuracy) accuracy.value = Math.round(coords.accuracy * 10) / 10
      say(words.dataset.found.replace('{m}', Math.max(1, Math.round(coords.accuracy))))
    },
    (error) => say(error.code === error.PERMISSION_DENIED ? words.dataset.refused : words.dataset.failed),
    ASK,
  )
}

/** Shows the button where the browser can find a position at all. */
export function watchPosition(root) {
  for (const form of root.querySelectorAll('form[data-position]')) {
    const button = form.querySelector('[data-locate]')
    if (!button || !button.hidden || !('geolocation' in navigator)) continue
    button.hidden = false
    button.addEventListener('click', () => locate(form))
  }
}
