/** How features can be doing and how that is drawn. Pure: no DOM, no Leaflet. */

export const WORST_FIRST = ['alarm', 'rectifying', 'silent', 'attention', 'normal']
export const RANK = Object.fromEntries(WORST_FIRST.map((name, n) => [name, WORST_FIRST.length - 1 - n]))

/** No condition at all. */
export const none = () => Object.fromEntries(WORST_FIRST.map((name) => [name, 0]))

/** The worst condition that occurs in the counts; `normal` when nothing does. */
export const worstOf = (counts) => WORST_FIRST.find((name) => counts[name] > 0) ?? 'normal'

/** How many there are of the conditions that are shown. */
export const sumOf = (counts, shown = null) =>
  WORST_FIRST.reduce((sum, name) => sum + (!shown || shown.has(name) ? counts[name] ?? 0 : 0), 0)

/** The counts of the shown conditions alone. */
export const only = (counts, shown) =>
  Object.fromEntries(WORST_FIRST.map((name) => [name, shown.has(name) ? counts[name] ?? 0 : 0]))

/** Radius in px of the ring that stands for `n` features. */
export const ringRadius = (n) => Math.min(31, 15 + 5.2 * Math.log10(Math.max(n, 1)))

const LEAST = (17 / 360) * 2 * Math.PI // one alarm among 500 is seen

/**
 * The arcs of a ring, from twelve o'clock clockwise, worst first: `[{condition, from, to}]` in radians, zero at the top.
 * With a mark at the top a gap of `gap` radians is left there, so that it covers no arc.
 */
export function ringArcs(counts, gap = 0) {
  const present = WORST_FIRST.filter((name) => counts[name] > 0)
  const total = sumOf(counts)
  const room = 2 * Math.PI - gap
  if (present.length === 0) return []
  const raised = present.filter((name) => (counts[name] / total) * room < LEAST)
  const others = present.filter((name) => !raised.includes(name))
  const left = room - raised.length * LEAST
  const weight = others.reduce((sum, name) => sum + counts[name], 0)
  let at = gap / 2
  return present.map((condition) => {
    const span = raised.includes(condition) ? LEAST : (counts[condition] / weight) * left
    const arc = { condition, from: at, to: at + span }
    at += span
    return arc
  })
}
