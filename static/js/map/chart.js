/** The readings of one factor over time: plain line, the area beyond the limit tinted, gaps hatched and never bridged. */
import { palette } from './paint.js'

/** One row for each instant; a null between two values that a gap parts, so that no line bridges it. Pure. */
export function rowsOf({ times, values, gaps }) {
  const rows = times.map((time, n) => [time, values[n]])
  for (const [from, to] of gaps) rows.push([(from + to) / 2, null])
  return rows.sort((a, b) => a[0] - b[0])
}

/** From the least to the greatest that has to be seen, with some air: the values, the lowest limit, and those already passed. Pure. */
export function rangeOf(values, limits) {
  const shown = values.filter((value) => value !== null)
  const passed = limits.filter((limit, n) => n === 0 || limit.value <= Math.max(...shown))
  const all = [...shown, ...passed.map((limit) => limit.value)]
  if (!all.length) return [0, 1]
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const air = (most - least || Math.abs(most) || 1) * 0.12
  return [least >= 0 ? Math.max(0, Math.min(0, least - air)) : least - air, most + air]
}

const clock = (seconds, zone, long) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: zone, ...(long ? { month: '2-digit', day: '2-digit' } : {}), hour: '2-digit', minute: '2-digit' }).format(seconds * 1000)
const day = (seconds, zone) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone, month: '2-digit', day: '2-digit' }).format(seconds * 1000)

function hatch(context, x, y, width, height, colour) {
  context.save()
  context.beginPath()
  context.rect(x, y, width, height)
  context.clip()
  context.strokeStyle = colour
  context.lineWidth = 1
  context.beginPath()
  for (let at = x - height; at < x + width; at += 7) {
    context.moveTo(at, y + height)
    context.lineTo(at + height, y)
  }
  context.stroke()
  context.restore()
}

export class Chart {
  /** @param {HTMLElement} box the part of the panel that holds the chart's controls */
  constructor(box, { words }) {
    Object.assign(this, { box, words })
    this.period = 'day'
    this.round = 0
    this.plot = null
    box.querySelector('select').addEventListener('change', () => this.load())
    box.addEventListener('click', (event) => {
      const period = event.target.closest('[data-period]')
      if (period) this.choosePeriod(period.dataset.period)
      if (event.target.closest('[data-table]')) this.toggleTable()
    })
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(box)
    document.addEventListener('envmap:theme', () => box.isConnected && this.draw())
    this.load()
  }

  get factor() {
    return this.box.querySelector('select').value
  }

  choosePeriod(period) {
    this.period = period
    for (const button of this.box.querySelectorAll('[data-period]')) button.setAttribute('aria-pressed', String(button.dataset.period === period))
    this.load()
  }

  choose(factor) {
    const select = this.box.querySelector('select')
    if (![...select.options].some((option) => option.value === factor)) return
    select.value = factor
    this.load()
  }

  toggleTable() {
    const table = this.box.querySelector('[data-rows]')
    table.hidden = !table.hidden
    this.box.querySelector('[data-plot]').hidden = !table.hidden
    this.box.querySelector('[data-table]').setAttribute('aria-pressed', String(!table.hidden))
    if (table.hidden) this.plot?.setSize(this.size())
  }

  size() {
    return { width: Math.max(200, this.box.querySelector('[data-plot]').clientWidth), height: 190 }
  }

  async load() {
    const round = ++this.round
    const address = `${this.box.dataset.chart}?factor=${encodeURIComponent(this.factor)}&period=${this.period}`
    const answer = await fetch(address).catch(() => null)
    if (round !== this.round || !this.box.isConnected) return
    if (!answer?.ok) return void (this.box.querySelector('[data-summary]').textContent = this.words.failed)
    this.data = await answer.json()
    if (round !== this.round) return
    const { default: uPlot } = await import('uplot')
    this.uPlot = uPlot
    this.draw()
  }

  draw() {
    const { data } = this
    if (!data) return
    const newest = data.values.at(-1)
    this.box.querySelector('[data-chart-name]').textContent = [data.name, data.kind].filter(Boolean).join(' · ')
    this.box.querySelector('[data-chart-now]').textContent = newest === undefined ? '' : `${newest.toFixed(data.decimals)} ${data.unit}`
    this.box.querySelector('[data-summary]').textContent = data.summary
    this.fillTable()
    const place = this.box.querySelector('[data-plot]')
    this.plot?.destroy()
    const rows = rowsOf(data)
    const colour = palette()
    const long = this.period !== 'day'
    const axis = { stroke: colour('--ink-3'), font: `11px ${getComputedStyle(document.body).fontFamily}`, grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } }
    this.plot = new this.uPlot({
      ...this.size(),
      padding: [8, 8, 0, 0],
      cursor: { y: false, points: { size: 7 } },
      legend: { show: false },
      scales: { x: { time: false, range: () => [data.from, data.to] }, y: { range: () => rangeOf(data.values, data.limits) } },
      axes: [
        { ...axis, space: long ? 64 : 56, values: (_, splits) => splits.map((at) => (long ? day(at, data.zone) : clock(at, data.zone))), incrs: long ? [86400, 172800, 432000] : [3600, 7200, 10800, 21600] },
        { ...axis, size: 46, values: (_, splits) => splits.map((value) => value.toFixed(Math.min(data.decimals, 2))) },
      ],
      series: [{}, { stroke: colour('--ink-2'), width: 1.75, spanGaps: false, points: { show: data.values.length < 2, size: 5, fill: colour('--ink-2') } }],
      hooks: { drawClear: [(plot) => this.drawGround(plot, colour)], draw: [(plot) => this.drawLimits(plot, colour)], setCursor: [(plot) => this.point(plot)] },
    }, [rows.map((row) => row[0]), rows.map((row) => row[1])], place)
    place.dataset.drawn = 'true'
  }

  /** Below the line: hatched gaps, the band beyond the lowest limit, the spans of alarm as a bar on the axis. */
  drawGround(plot, colour) {
    const { ctx, bbox } = plot
    const { data } = this
    const x = (seconds) => Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(seconds, 'x', true)))
    for (const [from, to] of data.gaps) hatch(ctx, x(from), bbox.top, x(to) - x(from), bbox.height, colour('--line-strong'))
    if (data.limits.length) {
      const y = plot.valToPos(data.limits[0].value, 'y', true)
      ctx.fillStyle = colour('--alarm-soft')
      ctx.globalAlpha = 0.75
      ctx.fillRect(bbox.left, bbox.top, bbox.width, Math.max(0, y - bbox.top))
      ctx.globalAlpha = 1
    }
    ctx.fillStyle = colour('--alarm-fill')
    for (const [from, to] of data.alarms) ctx.fillRect(x(from), bbox.top + bbox.height - 4 * devicePixelRatio, Math.max(3, x(to) - x(from)), 4 * devicePixelRatio)
  }

  /** Above it: the limits with their words, and the line within the band drawn again, heavier. */
  drawLimits(plot, colour) {
    const { ctx, bbox } = plot
    const { data } = this
    if (!data.limits.length) return
    const ratio = devicePixelRatio
    const lowest = plot.valToPos(data.limits[0].value, 'y', true)
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, Math.max(0, lowest - bbox.top))
    ctx.clip()
    ctx.strokeStyle = colour('--alarm-fill')
    ctx.lineWidth = 2.5 * ratio
    ctx.beginPath()
    let isDrawing = false
    plot.data[0].forEach((at, n) => {
      const value = plot.data[1][n]
      if (value === null) return void (isDrawing = false)
      const [px, py] = [plot.valToPos(at, 'x', true), plot.valToPos(value, 'y', true)]
      if (isDrawing) ctx.lineTo(px, py)
      else ctx.moveTo(px, py)
      isDrawing = true
    })
    ctx.stroke()
    ctx.restore()
    ctx.save()
    ctx.font = `600 ${11 * ratio}px ${getComputedStyle(document.body).fontFamily}`
    ctx.textBaseline = 'bottom'
    ctx.textAlign = 'left'
    let above = Infinity
    for (const limit of data.limits) {
      const y = plot.valToPos(limit.value, 'y', true)
      ctx.strokeStyle = colour('--alarm-fill')
      ctx.setLineDash([5 * ratio, 4 * ratio])
      ctx.lineWidth = 1.25 * ratio
      ctx.beginPath()
      ctx.moveTo(bbox.left, y)
      ctx.lineTo(bbox.left + bbox.width, y)
      ctx.stroke()
      if (above - y > 14 * ratio || above === Infinity) {
        ctx.fillStyle = colour('--alarm-text')
        ctx.fillText(limit.label, bbox.left + 6 * ratio, y - 2 * ratio)
        above = y
      }
    }
    ctx.restore()
  }

  point(plot) {
    const { idx } = plot.cursor
    const [at, value] = [plot.data[0][idx], plot.data[1][idx]]
    if (value === null || value === undefined) return
    this.box.querySelector('[data-chart-now]').textContent = `${clock(at, this.data.zone, true)} · ${value.toFixed(this.data.decimals)} ${this.data.unit}`
  }

  fillTable() {
    const { data } = this
    const table = document.createElement('table')
    const cell = (name, text) => Object.assign(document.createElement(name), { textContent: text })
    const head = document.createElement('tr')
    head.append(cell('th', this.words.time), cell('th', [data.name, data.unit].filter(Boolean).join(' ')))
    head.querySelectorAll('th').forEach((one) => (one.scope = 'col'))
    const rows = data.times.map((at, n) => {
      const row = document.createElement('tr')
      row.append(cell('td', clock(at, data.zone, true)), cell('td', data.values[n].toFixed(data.decimals)))
      return row
    })
    table.append(head, ...rows.reverse())
    this.box.querySelector('[data-rows]').replaceChildren(table)
  }
}
