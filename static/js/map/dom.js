/** Small elements that the parts of the map share. */
import { WORST_FIRST } from './conditions.js'

const SVG = 'http://www.w3.org/2000/svg'

/** A symbol of a sprite, for the eye only. */
export function icon(sprite, name, size) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('width', size)
  svg.setAttribute('height', size)
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS(SVG, 'use')
  use.setAttribute('href', `${sprite}#${name}`)
  svg.append(use)
  return svg
}

/** An element with a class and a text, or with properties and children. */
export function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

/** An element with properties (`data-`, `aria-` and `role` as attributes) and children. */
export function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue
    if (name.includes('-') || name === 'role' || name === 'for' || name === 'list') made.setAttribute(name, value === true ? '' : value)
    else made[name] = value
  }
  made.append(...children.filter((child) => child !== null && child !== undefined))
  return made
}

/** A button that is no submit. */
export const button = (className, ...children) => make('button', { type: 'button', className }, ...children)

/** The mix of conditions as a bar, worst first; figures stand beside it in words. */
export function mixBar(counts) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'mix')
  svg.setAttribute('viewBox', '0 0 100 4')
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('aria-hidden', 'true')
  const present = WORST_FIRST.filter((name) => counts[name] > 0)
  const total = present.reduce((sum, name) => sum + counts[name], 0)
  let x = 0
  for (const name of present) {
    const wide = Math.max(2.5, (counts[name] / total) * (100 - 2.5 * present.length) + 2.5 - 0.8)
    const part = document.createElementNS(SVG, 'rect')
    part.setAttribute('x', x)
    part.setAttribute('y', name === 'normal' ? 1.2 : 0)
    part.setAttribute('width', wide)
    part.setAttribute('height', name === 'normal' ? 1.6 : 4)
    part.setAttribute('class', `f-${name}`)
    svg.append(part)
    x += wide + 0.8
  }
  return svg
}
