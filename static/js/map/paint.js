/** Colours of the page's theme, glyphs as images, and the shapes of symbols on a canvas. Knows nothing of Leaflet. */
import { ringArcs, ringRadius, worstOf } from './conditions.js'

/** Reads the theme's colours anew: `colour('--alarm-fill')`. */
export function palette() {
  const style = getComputedStyle(document.documentElement)
  const known = new Map()
  return (name) => {
    if (!known.has(name)) known.set(name, style.getPropertyValue(name).trim())
    return known.get(name)
  }
}

/** The sprite's symbols as images in any colour and size; `onReady` is called when one has arrived. */
export class Glyphs {
  constructor(address, onReady) {
    this.onReady = onReady
    this.images = new Map()
    this.symbols = new Map()
    this.loaded = fetch(address)
      .then((answer) => answer.text())
      .then((text) => {
        const sprite = new DOMParser().parseFromString(text, 'image/svg+xml')
        for (const symbol of sprite.querySelectorAll('symbol')) {
          this.symbols.set(symbol.id, { box: symbol.getAttribute('viewBox'), body: symbol.innerHTML })
        }
        onReady()
      })
  }

  /** An image to draw, or null while it is coming; layers without a glyph of their own share one. */
  get(name, colour, size, colourOf) {
    const symbol = this.symbols.get(name) ?? this.symbols.get('layer-custom')
    if (!symbol) return null
    const key = `${name} ${colour} ${size}`
    let image = this.images.get(key)
    if (!image) {
      image = new Image()
      const body = symbol.body.replace(/var\((--[\w-]+)(?:,[^)]*)?\)/g, (_, variable) => colourOf(variable))
      const side = Math.ceil(size * 3) // sharp on any screen
      image.onload = this.onReady
      image.src = `data:image/svg+xml,${encodeURIComponent(
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${symbol.box}" width="${side}" height="${side}" color="${colour}">${body}</svg>`,
      )}`
      this.images.set(key, image)
    }
    return image.complete && image.naturalWidth ? image : null
  }
}

const LOOKS = {
  normal: { stroke: '--normal-fill', width: 1.6, glyph: '--map-symbol', share: 0.62 },
  attention: { stroke: '--attention-fill', width: 2.4, glyph: '--map-symbol', share: 0.6 },
  alarm: { stroke: '--map-ground', width: 1.8, glyph: '--alarm-on', share: 0.52 },
  silent: { stroke: '--silent-fill', width: 2, glyph: '--silent-text', share: 0.6, dash: [4, 3] },
  rectifying: { stroke: '--rectifying-fill', width: 2, glyph: '--rectifying-text', share: 0.58 },
}

function lift(context) {
  context.shadowColor = 'rgba(20, 36, 44, .28)'
  context.shadowBlur = 3
  context.shadowOffsetY = 1
}

function settle(context) {
  context.shadowColor = 'transparent'
  context.shadowBlur = 0
  context.shadowOffsetY = 0
}

const stamps = new WeakMap() // a theme's colours → "layer condition size" → canvas

/** `drawCoin` from a copy that is made once a theme: shadows and clips are dear, and there are hundreds of the same. */
export function stampCoin(context, { layer, condition, size, colour, glyphs }) {
  const look = LOOKS[condition] ?? LOOKS.normal
  const needed = [glyphs.get(`layer-${layer}`, colour(look.glyph), Math.round(size * look.share), colour)]
  if (condition === 'attention' || condition === 'silent') needed.push(glyphs.get(`cond-${condition}`, colour(`--${condition}-fill`), Math.max(11, size * 0.5), colour))
  // Until its pictures have come a coin is drawn without them, and not kept.
  if (needed.some((image) => !image)) return drawCoin(context, { layer, condition, size, colour, glyphs })
  if (!stamps.has(colour)) stamps.set(colour, new Map())
  const known = stamps.get(colour)
  const ratio = Math.min(window.devicePixelRatio || 1, 3) > 1 ? 3 : 2
  const key = `${layer} ${condition} ${size} ${ratio}`
  const side = size * 2
  if (!known.has(key)) {
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = Math.ceil(side * ratio)
    const brush = canvas.getContext('2d')
    brush.scale(ratio, ratio)
    brush.translate(side / 2, side / 2)
    drawCoin(brush, { layer, condition, size, colour, glyphs })
    known.set(key, canvas)
  }
  context.drawImage(known.get(key), -side / 2, -side / 2, side, side)
}

/** The symbol of a feature around (0, 0): the glyph says the layer, the outline the condition. */
export function drawCoin(context, { layer, condition, size, colour, glyphs }) {
  const look = LOOKS[condition] ?? LOOKS.normal
  const half = size / 2
  context.save()
  context.beginPath()
  if (condition === 'alarm') {
    const side = size * 0.86
    context.rotate(Math.PI / 4)
    context.roundRect(-side / 2, -side / 2, side, side, side * 0.2)
    context.rotate(-Math.PI / 4)
  } else if (condition === 'rectifying') context.roundRect(-half * 0.94, -half * 0.94, size * 0.94, size * 0.94, size * 0.19)
  else context.arc(0, 0, half - 1, 0, 2 * Math.PI)
  lift(context)
  context.fillStyle = colour(condition === 'alarm' ? '--alarm-fill' : '--map-ground')
  context.fill()
  settle(context)
  context.lineWidth = look.width
  context.strokeStyle = colour(look.stroke)
  context.setLineDash(look.dash ?? [])
  context.stroke()
  context.setLineDash([])
  if (condition === 'rectifying') {
    context.fillStyle = colour('--rectifying-fill')
    context.beginPath()
    context.roundRect(-half * 0.94, -half * 0.94, Math.max(3, size * 0.16), size * 0.94, [size * 0.19, 0, 0, size * 0.19])
    context.fill()
  }
  const glyph = glyphs.get(`layer-${layer}`, colour(look.glyph), Math.round(size * look.share), colour)
  const side = size * look.share
  const shift = condition === 'rectifying' ? size * 0.05 : 0
  if (glyph) context.drawImage(glyph, -side / 2 + shift, -side / 2, side, side)
  if (condition === 'attention' || condition === 'silent') {
    drawMark(context, { condition, x: half * 0.72, y: -half * 0.72, size: Math.max(11, size * 0.5), colour, glyphs })
  }
  context.restore()
}

/** A condition's mark on a ground of its own, so that it is seen on land and water. */
export function drawMark(context, { condition, x, y, size, colour, glyphs }) {
  context.fillStyle = colour('--map-ground')
  context.beginPath()
  context.arc(x, y, size * 0.56, 0, 2 * Math.PI)
  context.fill()
  const mark = glyphs.get(`cond-${condition}`, colour(`--${condition}-fill`), size, colour)
  if (mark) context.drawImage(mark, x - size / 2, y - size / 2, size, size)
}

/** The ring of a cluster around (0, 0): arcs by condition, worst first from the top, where the worst one's mark sits. */
export function drawRing(context, { counts, n, colour, glyphs, font }) {
  const radius = ringRadius(n)
  const worst = worstOf(counts)
  const isMarked = worst !== 'normal'
  const gap = isMarked ? 17 / radius : 0
  lift(context)
  context.fillStyle = colour('--map-ground')
  context.beginPath()
  context.arc(0, 0, radius + 3, 0, 2 * Math.PI)
  context.fill()
  settle(context)
  for (const { condition, from, to } of ringArcs(counts, gap)) {
    const isThin = condition === 'normal'
    const space = Math.min(0.05, (to - from) / 4)
    context.beginPath()
    context.arc(0, 0, radius - (isThin ? 0.8 : 1.2), from - Math.PI / 2 + space, to - Math.PI / 2 - space)
    context.lineWidth = isThin ? 2.4 : 5.5
    context.strokeStyle = colour(`--${condition}-fill`)
    context.stroke()
  }
  context.fillStyle = colour('--ink')
  context.font = `600 ${n > 99 ? 13 : 14}px ${font}`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText(String(n), 0, 1)
  if (isMarked) drawMark(context, { condition: worst, x: 0, y: -radius, size: 14, colour, glyphs })
}

/** Text with a halo, so that it is read on anything. */
export function drawName(context, text, x, y, { ink, halo, align = 'left', width = 3.5 }) {
  context.textAlign = align
  context.textBaseline = 'middle'
  context.lineJoin = 'round'
  context.lineWidth = width
  context.strokeStyle = halo
  context.strokeText(text, x, y)
  context.fillStyle = ink
  context.fillText(text, x, y)
}
