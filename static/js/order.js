/** The order's page: before and after in one frame, V and B for the judgement, print, copy. */
import { bind } from './keys.js'
import { toast } from './toasts.js'

function watchCompare(root) {
  for (const figure of root.querySelectorAll('[data-compare]:not(.is-over-each-other)')) {
    const stage = figure.querySelector('.compare-stage')
    const slider = figure.querySelector('input')
    const share = (value) => {
      slider.value = value
      stage.style.setProperty('--share', `${value}%`)
    }
    figure.classList.add('is-over-each-other')
    figure.querySelector('.compare-ways').hidden = false
    slider.addEventListener('input', () => share(slider.value))
    for (const button of figure.querySelectorAll('[data-share]')) button.addEventListener('click', () => share(button.dataset.share))
    // Dragging on the photo itself is a convenience; the slider and the buttons do the same.
    const drag = (event) => {
      if (event.type !== 'pointerdown' && !stage.hasPointerCapture(event.pointerId)) return
      if (event.type === 'pointerdown') stage.setPointerCapture(event.pointerId)
      const box = stage.getBoundingClientRect()
      share(Math.round(Math.max(0, Math.min(100, (100 * (event.clientX - box.left)) / box.width))))
    }
    stage.addEventListener('pointerdown', drag)
    stage.addEventListener('pointermove', drag)
    share(50)
  }
}

/** Opens the part of a verb and puts the cursor into its first field; the pressing stays with the person. */
function open(verb) {
  const part = document.getElementById(`verb-${verb}`)
  if (!part) return false
  if (part.tagName === 'DETAILS') part.open = true
  part.scrollIntoView({ block: 'nearest' })
  ;(part.querySelector('textarea, select, input:not([type=hidden])') ?? part.querySelector('button')).focus()
}

const words = (verb) => document.querySelector(`#verb-${verb} :is(h2, summary)`)?.textContent.trim()
for (const [key, verb] of [['v', 'verify'], ['b', 'send_back']]) {
  if (words(verb)) bind(key, words(verb), () => open(verb), { where: () => Boolean(document.getElementById(`verb-${verb}`)) })
}
document.addEventListener('click', async (event) => {
  if (event.target.closest('[data-print]')) window.print()
  const copy = event.target.closest('[data-copy]')
  if (!copy) return
  await navigator.clipboard?.writeText(copy.dataset.copy)
  toast(copy.dataset.copied)
})
document.addEventListener('htmx:afterSettle', (event) => watchCompare(event.target.parentElement ?? document))
watchCompare(document)
