/** The view as a picture with title, legend, scale and date: to be printed or kept as a PNG. Always on light paper. */
import { viewOf } from './canvas.js'
import { WORST_FIRST } from './conditions.js'
import { scaleOf } from './measure.js'
import { palette } from './paint.js'
import { toLonLat } from './projection.js'

const HEAD = 64
const FOOT = 60
const RATIO = 2

/** "3 km", "200 m". */
const lengthWord = (metres, words) => (metres >= 1000 ? `${metres / 1000} ${words.kilometre}` : `${metres} ${words.metre}`)

export class Picture {
  /** @param {object} wiring map, sheet, config, state, filterWords() what is filtered by, say(text) */
  constructor(wiring) {
    Object.assign(this, wiring)
    document.getElementById('png-view').addEventListener('click', () => this.save())
    document.getElementById('print-view').addEventListener('click', () => this.print())
  }

  /** Marks and glyphs must have come before they can be drawn at once. */
  async ready(colour) {
    const { glyphs } = this.sheet.symbols
    await glyphs.loaded
    for (let n = 0; n < 50; n++) {
      const marks = WORST_FIRST.map((name) => glyphs.get(`cond-${name}`, colour(`--${name}-fill`), 14, colour))
      if (marks.every(Boolean)) return
      await new Promise((done) => setTimeout(done, 20))
    }
  }

  /** The finished canvas. Colours are read while the page is light; nothing of that is painted. */
  async draw() {
    const { map, sheet, config } = this
    if (config.sheets.length) this.say(config.words.rasterLeft)
    const root = document.documentElement
    const theme = root.dataset.theme
    const inLight = (act) => {
      root.dataset.theme = 'light'
      try {
        return act(palette())
      } finally {
        root.dataset.theme = theme
      }
    }
    // Twice: the first time asks for the glyphs in the colours of the light sheet.
    const canvas = document.createElement('canvas')
    inLight((colour) => this.compose(canvas, colour))
    const light = inLight((colour) => {
      const known = {}
      for (const name of WORST_FIRST) known[`--${name}-fill`] = colour(`--${name}-fill`)
      return (name) => known[name] ?? ''
    })
    await this.ready(light)
    await new Promise((done) => setTimeout(done, 60))
    inLight((colour) => this.compose(canvas, colour))
    sheet.overlay.now() // what is where is that of the page again
    return canvas
  }

  compose(canvas, colour) {
    const { map, sheet } = this
    const view = viewOf(map, RATIO)
    canvas.width = view.width * RATIO
    canvas.height = (view.height + HEAD + FOOT) * RATIO
    const context = canvas.getContext('2d')
    context.setTransform(RATIO, 0, 0, RATIO, 0, 0)
    context.fillStyle = colour('--surface')
    context.fillRect(0, 0, view.width, view.height + HEAD + FOOT)
    context.save()
    context.beginPath()
    context.rect(0, HEAD, view.width, view.height)
    context.clip()
    context.translate(0, HEAD)
    sheet.drawOn(context, view, colour)
    context.restore()
    this.head(context, view, colour)
    this.foot(context, view, colour)
  }

  head(context, { width }, colour) {
    const { config } = this
    const { fonts } = this.sheet.symbols
    const time = new Intl.DateTimeFormat(config.language === 'en' ? 'en-GB' : 'zh-CN', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Asia/Shanghai' }).format(new Date())
    context.textBaseline = 'middle'
    context.textAlign = 'left'
    context.fillStyle = colour('--ink')
    context.font = `600 20px ${fonts}`
    context.fillText(config.title, 16, 24)
    context.font = `400 13px ${fonts}`
    context.fillStyle = colour('--ink-2')
    context.fillText(this.filterWords(), 16, 48, width - 280)
    context.textAlign = 'right'
    context.fillText(config.words.asOf.replace('{time}', time), width - 16, 24)
  }

  foot(context, { width, height, scale }, colour) {
    const { config, state, map, sheet } = this
    const { fonts, glyphs } = sheet.symbols
    const y = HEAD + height + 20
    context.textBaseline = 'middle'
    context.textAlign = 'left'
    context.font = `400 13px ${fonts}`
    let x = 16
    for (const name of WORST_FIRST.filter((one) => state.shown.has(one))) {
      const mark = glyphs.get(`cond-${name}`, colour(`--${name}-fill`), 14, colour)
      if (mark) context.drawImage(mark, x, y - 8, 16, 16)
      context.fillStyle = colour('--ink')
      const n = config.layers.filter(({ key }) => state.on.has(key)).reduce((sum, layer) => sum + (layer.by_condition[name] ?? 0), 0)
      const text = `${config.conditions[name]} ${n}`
      context.fillText(text, x + 21, y)
      x += 21 + context.measureText(text).width + 20
    }
    const [, lat] = toLonLat([0.5, (map.getPixelBounds().min.y + height / 2) / scale])
    const { metres, px } = scaleOf((40_075_016.7 * Math.cos((lat * Math.PI) / 180)) / scale)
    const right = width - 16
    context.strokeStyle = colour('--ink-2')
    context.lineWidth = 1.4
    context.beginPath()
    context.moveTo(right - px, y - 5)
    context.lineTo(right - px, y + 1)
    context.lineTo(right, y + 1)
    context.lineTo(right, y - 5)
    context.stroke()
    context.textAlign = 'right'
    context.fillStyle = colour('--ink-2')
    context.font = `400 12px ${fonts}`
    context.fillText(lengthWord(metres, config.words), right - px - 8, y - 2)
    context.textAlign = 'left'
    const layers = config.layers.filter(({ key }) => state.on.has(key)).map(({ name, count }) => `${name} ${count}`).join(' · ')
    context.fillText(layers, 16, y + 24, width * 0.55)
    context.textAlign = 'right'
    context.fillText(config.attribution || sheet.basemap?.attribution || '', right, y + 24, width * 0.4)
  }

  async save() {
    const { config } = this
    const canvas = await this.draw()
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'))
    if (!blob) return this.say(config.words.pngFailed)
    const link = document.createElement('a')
    const stamp = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone: 'Asia/Shanghai' }).format(new Date())
    link.download = `${config.words.pngName}-${stamp.replace(/[: ]/g, '-')}.png`
    link.href = URL.createObjectURL(blob)
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  }

  async print() {
    const figure = document.getElementById('print-sheet')
    const canvas = await this.draw()
    const image = new Image()
    image.alt = this.config.title
    image.src = canvas.toDataURL('image/png')
    await image.decode().catch(() => {})
    figure.replaceChildren(image)
    figure.hidden = false
    addEventListener('afterprint', () => {
      figure.hidden = true
      figure.replaceChildren()
    }, { once: true })
    window.print()
  }
}
