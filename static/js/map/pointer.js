/** Pointing at symbols and pressing them, with a mouse or a finger. */
import { ringName } from './symbols.js'

const isTouch = matchMedia('(pointer: coarse)')

export function watchPointer({ map, sheet, config, tip, isTaken, onLight, onOpen }) {
  function point(event) {
    // While the map is dragged nothing is pointed at: what lies where is known again when the drag ends.
    if (map.dragging.moving()) return
    const item = sheet.symbols.at(event.containerPoint.x, event.containerPoint.y, false)
    onLight(item?.key ?? null)
    map.getContainer().classList.toggle('is-over', Boolean(item))
    tip.hidden = !item
    if (!item) return
    const words = item.kind === 'cluster' ? [ringName(item.counts, config)] : [item.name, `${config.conditions[item.condition]} · ${item.code}`]
    tip.replaceChildren(...words.map((text, n) => Object.assign(document.createElement(n ? 'small' : 'b'), { textContent: text })))
    const size = map.getSize()
    const x = Math.min(item.px + 16, size.x - tip.offsetWidth - 8)
    tip.style.transform = `translate(${x}px, ${Math.max(8, item.py - tip.offsetHeight - item.radius - 6)}px)`
  }

  map.on('mousemove', point)
  map.on('mouseout', () => {
    tip.hidden = true
    onLight(null)
  })
  map.on('click', (event) => {
    if (isTaken(event.latlng)) return
    const item = sheet.symbols.at(event.containerPoint.x, event.containerPoint.y, isTouch.matches)
    if (item) onOpen(item)
  })
}
