/** The page's sentences and who it was made for. */

export const words = JSON.parse(document.getElementById('field-words').textContent)
const field = document.getElementById('field')
export const person = field.dataset.person || null
export const place = field.dataset.place
export const madeAt = Date.parse(field.dataset.at)

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const day = new Intl.DateTimeFormat('en-CA', { month: '2-digit', day: '2-digit' })

/** Today 14:36, otherwise 11-24 14:36, by the phone's own zone. */
export function timeOf(ms) {
  const at = new Date(ms)
  const isToday = at.toDateString() === new Date().toDateString()
  return isToday ? clock.format(at) : `${day.format(at)} ${clock.format(at)}`
}
