/**
 * Names on the sheet, none upon another: whoever comes first has its place. The order is that of yielding: the selected
 * one's, alarms', other symbols', towns', waters', degrees at the edge. Pure: no DOM, no Leaflet.
 */

const GAP = 2

/** Whether two boxes [left, top, right, bottom] have a point in common. */
export const overlaps = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1]

/** What is taken on the sheet. Boxes are looked up by squares of 128 px, so that many cost little. */
export class Places {
  constructor() {
    this.squares = new Map()
    this.boxes = []
  }

  static squaresOf([left, top, right, bottom]) {
    const names = []
    for (let y = top >> 7; y <= bottom >> 7; y++) for (let x = left >> 7; x <= right >> 7; x++) names.push(x * 4096 + y)
    return names
  }

  isFree(box) {
    return !Places.squaresOf(box).some((name) => this.squares.get(name)?.some((taken) => overlaps(box, taken)))
  }

  take(box) {
    for (const name of Places.squaresOf(box)) {
      if (!this.squares.has(name)) this.squares.set(name, [])
      this.squares.get(name).push(box)
    }
    this.boxes.push(box)
  }

  /** The first of several boxes that is free, taken; null where none is. */
  first(boxes, isWithin = () => true) {
    const found = boxes.find((box) => isWithin(box) && this.isFree(box))
    if (found) this.take(found)
    return found ?? null
  }
}

/** The box of a drawn symbol, with the mark that sits at its top. */
export function boxOf({ px, py, radius, kind, condition, worst }) {
  const mark = kind === 'cluster' ? (worst === 'normal' ? 0 : 8) : condition === 'attention' || condition === 'silent' ? 4 : 0
  const corner = condition === 'alarm' ? radius * 0.22 : 0 // a square on its corner is wider than its side
  return [px - radius - corner, py - radius - mark - corner, px + radius + Math.max(corner, kind === 'cluster' ? 0 : mark), py + radius + corner]
}

/** Where a name of a width may stand round a symbol, best first: right, left, below, above; each with its alignment. */
export function around({ px, py, radius, isSelected, condition }, wide, high = 18) {
  const off = radius + (isSelected ? 14 : 5) + (condition === 'alarm' ? 3 : 0)
  const half = high / 2
  const side = (left, align, x, top = py - half) => ({ box: [left - GAP, top, left + wide + GAP, top + high], align, x, y: top + half })
  return [
    side(px + off, 'left', px + off),
    side(px - off - wide, 'right', px - off),
    side(px - wide / 2, 'center', px, py + off),
    side(px - wide / 2, 'center', px, py - off - high),
  ]
}

/** Where a place's name may stand: at its point, else a little above, below or beside it. */
export const near = (x, y, half, high) =>
  [[0, 0], [0, -20], [0, 20], [0, -38], [0, 38], [-half * 0.7, 0], [half * 0.7, 0], [-half, 22], [half, 22], [-half, -22], [half, -22]].map(
    ([dx, dy]) => ({ x: x + dx, y: y + dy, box: [x + dx - half - GAP, y + dy - high / 2, x + dx + half + GAP, y + dy + high / 2] }),
  )
