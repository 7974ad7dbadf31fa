/** Dispatching the open issues of many features: one request an issue, each with its uuid, each answer at its row. */
import { post, uuid } from './sending.js'

const byId = (id) => document.getElementById(id)
const WAITING = ['reported', 'accepted', 'reopened']

/** The issues of a feature that wait for an order and that one may dispatch. */
async function waitingOf({ layer, code }) {
  const query = new URLSearchParams({ layer, feature: code, limit: '100' })
  const answer = await fetch(`/api/v1/issues?${query}`, { headers: { Accept: 'application/json' } })
  const body = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(body.detail ?? String(answer.status))
  return body.items.filter((issue) => WAITING.includes(issue.state) && issue.verbs.includes('dispatch'))
}

export class Bulk {
  /** @param {object} wiring words, rows() the chosen rows, onResult(key, text), onOver(sentence) */
  constructor({ words, rows, onResult, onOver }) {
    Object.assign(this, { words, rows, onResult, onOver })
    this.dialog = byId('dispatch-dialog')
    this.uuids = new Map() // issue and content → uuid, kept until it got through, so that a second try does no harm
    byId('table-dispatch')?.addEventListener('click', () => this.ask())
  }

  ask() {
    const rows = this.rows()
    if (!rows.length || this.isRunning) return
    byId('dispatch-dialog-title').textContent = this.words.dispatchTitle.replace('{n}', rows.length)
    this.dialog.returnValue = ''
    this.dialog.addEventListener('close', () => this.dialog.returnValue === 'yes' && this.send(rows), { once: true })
    this.dialog.showModal()
    byId('dispatch-dialog-unit').focus()
  }

  async send(rows) {
    const department = byId('dispatch-dialog-unit').value
    const note = byId('dispatch-dialog-note').value.trim()
    if (!department) return
    this.isRunning = true
    byId('table-dispatch').disabled = true
    const sum = { sent: 0, none: 0, failed: 0 }
    for (const row of rows) {
      this.onResult(row.key, this.words.dispatching)
      this.onResult(row.key, await this.sendOne(row, department, note, sum))
    }
    this.isRunning = false
    byId('table-dispatch').disabled = false
    if (!sum.failed) byId('dispatch-dialog-note').value = ''
    this.onOver(this.words.dispatchSum.replace('{sent}', sum.sent).replace('{none}', sum.none).replace('{failed}', sum.failed))
  }

  async sendOne(row, department, note, sum) {
    const said = []
    try {
      const issues = await waitingOf(row)
      if (!issues.length) {
        sum.none++
        return this.words.dispatchNone
      }
      for (const { number } of issues) {
        const content = JSON.stringify([number, department, note])
        if (!this.uuids.has(content)) this.uuids.set(content, uuid())
        const body = { department, client_uuid: this.uuids.get(content), ...(note && { note }) }
        const answer = await post(`/issues/${number}/dispatch`, body)
        if (answer.ok) {
          sum.sent++
          this.uuids.delete(content)
          said.push(this.words.dispatchDone.replace('{number}', answer.body.number))
        } else {
          sum.failed++
          said.push([...(answer.body.errors ?? []).map((one) => one.detail), answer.body.detail].filter(Boolean)[0] ?? this.words.failed)
        }
      }
    } catch (error) {
      sum.failed++
      said.push(error instanceof TypeError ? this.words.failed : error.message)
    }
    return said.join(this.words.and)
  }
}
