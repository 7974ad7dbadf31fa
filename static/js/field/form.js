/** Forms of verbs and issues: kept on the phone first, then sent; what is typed survives a reload, a crash and no signal. */
import { fresh } from './here.js'
import { MOST_BYTES, prepare } from './photos.js'
import { fill, size, uuid } from './rules.js'
import * as sender from './sender.js'
import * as store from './store.js'
import { make } from './dom.js'
import { person, timeOf, words } from './words.js'

const NOT_TYPED = new Set(['csrfmiddlewaretoken', 'client_uuid', 'attachments', 'before_id', 'after_id', 'photos', 'before', 'after'])
const AT_THE_FORM = new Set([400, 413, 415, 422])

const numberOf = (form) => form.dataset.order || ''
const draftKey = (form) => `${person} ${numberOf(form)} ${form.dataset.fieldVerb}`
const isPhotoOf = (form) => (item) => item.kind === 'photo' && item.draft && item.form === draftKey(form)

/** What is typed, by field. */
function valuesOf(form) {
  const values = {}
  for (const field of form.elements) {
    if (!field.name || NOT_TYPED.has(field.name) || field.type === 'file') continue
    if ((field.type === 'radio' || field.type === 'checkbox') && !field.checked) continue
    values[field.name] = field.value
  }
  return values
}

/** The body of the API's verb out of what is typed. */
export function bodyFrom(values, verb) {
  const body = {}
  const answers = {}
  for (const [name, raw] of Object.entries(values)) {
    const value = typeof raw === 'string' ? raw.trim() : raw
    if (value === '' || ['lon', 'lat', 'accuracy'].includes(name)) continue
    if (name === 'version') body.version = Number(value)
    else if (/^[A-Z]/.test(name)) answers[name] = value === 'true' ? true : value === 'false' ? false : Number(value.replace(',', '.'))
    else body[name] = value
  }
  if (values.lon && values.lat && (verb !== 'issue' || !body.feature)) {
    body.location = { type: 'Point', coordinates: [Number(values.lon), Number(values.lat)] }
    if (values.accuracy && verb === 'report') body.accuracy = Number(values.accuracy)
  }
  if (Object.keys(answers).length) body.answers = answers
  if (verb === 'issue' && !body.feature) delete body.layer
  return body
}

const say = (form, text) => {
  const place = form.querySelector('[data-form-words]')
  if (place) place.textContent = text
}

function saved(form) {
  for (const pill of (form.closest('.ph-screen') ?? document).querySelectorAll('[data-draft]')) pill.hidden = false
}

const saving = new Map()

function keepDraft(form) {
  clearTimeout(saving.get(form))
  saving.set(form, setTimeout(() => {
    if (form.dataset.gone) return
    store.putDraft({ key: draftKey(form), values: valuesOf(form), at: Date.now() }).then(() => saved(form), (error) => store.isFull(error) && say(form, words.queue.full))
  }, 300))
}

async function restore(form) {
  const draft = await store.getDraft(draftKey(form)).catch(() => null)
  if (draft) {
    for (const field of form.elements) {
      if (!field.name || NOT_TYPED.has(field.name) || field.type === 'hidden' || field.type === 'file') continue
      if (field.type === 'radio' || field.type === 'checkbox') field.checked = draft.values[field.name] === field.value
      else if (!field.value && draft.values[field.name]) field.value = draft.values[field.name]
    }
    saved(form)
  }
  const items = await store.itemsOf(person).catch(() => [])
  for (const item of items.filter(isPhotoOf(form))) show(form, item)
  tellPhotos(form)
  countAnswers(form)
}

function show(form, item) {
  const slot = item.role === 'photos' ? null : form.querySelector(`[data-slot="${item.role}"]`)
  const where = slot || form.querySelector('[data-shots]')
  if (!where || where.querySelector(`[data-item="${item.id}"]`)) return
  const picture = make('img', { alt: item.name })
  if (item.blob?.type.startsWith('image/')) picture.src = URL.createObjectURL(item.blob)
  const shot = make('span', { class: 'ph-shot', 'data-item': item.id }, picture,
    make('span', { class: 'ph-shot-cap' }, caption(item)),
    make('button', { type: 'button', 'aria-label': `${words.remove} ${item.name}`, onclick: () => remove(form, item.id) }))
  where.insertBefore(shot, where.querySelector(':scope > .ph-slot'))
  slot?.classList.add('is-full')
}

const caption = (item) => [{ before: words.before, after: words.after }[item.role] ?? '', timeOf(item.made)].filter(Boolean).join(' ')

async function remove(form, id) {
  await store.dropItems([id])
  const shot = form.querySelector(`[data-item="${id}"]`)
  shot?.closest('.ph-slot')?.classList.remove('is-full')
  shot?.remove()
  tellPhotos(form)
}

async function tellPhotos(form) {
  const items = (await store.itemsOf(person).catch(() => [])).filter(isPhotoOf(form))
  const arrived = items.filter((item) => item.state === 'arrived').length
  for (const item of items) {
    const shot = form.querySelector(`[data-item="${item.id}"]`)
    shot?.classList.toggle('is-going', item.state !== 'arrived')
    if (shot) shot.querySelector('.ph-shot-cap').textContent = `${item.state === 'arrived' ? '✓' : item.state === 'refused' ? '✕' : '↑'} ${caption(item)}`
  }
  const count = form.querySelector('[data-shots-count]')
  if (count) count.textContent = items.length ? fill(words.shots, { n: arrived, m: items.length }) : ''
  const refused = items.filter((item) => item.state === 'refused')
  const place = form.querySelector('[data-photo-words]')
  const left = items.length - arrived - refused.length
  if (place && !place.dataset.whole) place.textContent = [...refused.map((item) => `${item.name}: ${item.refusal.detail}`), left ? fill(words.shotsLeft, { n: left }) : ''].filter(Boolean).join(' ')
}

async function chosen(form, input) {
  const role = input.name
  const place = form.querySelector('[data-photo-words]') ?? form.querySelector('[data-form-words]')
  const files = [...input.files]
  const sentences = []
  for (const file of files) {
    const { blob, name, whole } = await prepare(file, fresh())
    if (blob.size > MOST_BYTES) {
      sentences.push(fill(words.camera.tooLarge, { name, size: size(blob.size) }))
      continue
    }
    if (whole) sentences.push(fill(words.camera.whole, { name, size: size(blob.size) }))
    const item = {
      id: uuid(), person, order: Date.now() + performance.now() / 1e6, kind: 'photo', number: numberOf(form), title: form.dataset.title || '',
      verb: form.dataset.fieldVerb, form: draftKey(form), role, name, blob, made: Date.now(), state: 'waiting', draft: true,
    }
    try {
      await store.putItems([item])
      show(form, item)
    } catch (error) {
      sentences.push(store.isFull(error) ? words.queue.full : error.message)
      if (place) place.textContent = sentences.join(' ')
      return // the files stay in the input, so that the form itself can still send them
    }
  }
  input.value = ''
  await tellPhotos(form)
  if (place && sentences.length) place.textContent = sentences.join(' ')
  sender.send()
}

function countAnswers(form) {
  const place = form.querySelector('[data-answered]')
  if (!place) return
  const lines = [...form.querySelectorAll('.ph-line')]
  const answered = lines.filter((line) => line.querySelector(':checked') || line.querySelector('.inp')?.value).length
  place.textContent = fill(words.answered, { n: answered, m: lines.length })
}

/** The first thing that is missing, as a sentence at its field; null when the form can go. */
function missing(form, photos) {
  for (const field of form.elements) {
    if (!field.required || field.type === 'hidden' || field.value.trim()) continue
    field.focus()
    return fill(words.form.missing, { what: form.querySelector(`label[for="${field.id}"]`)?.firstChild.textContent.trim() ?? field.name })
  }
  for (const field of form.querySelectorAll('.ph-line input[inputmode]')) {
    if (!field.value || Number.isFinite(Number(field.value.replace(',', '.')))) continue
    field.focus()
    return fill(words.form.number, { what: field.value })
  }
  const refused = photos.find((photo) => photo.state === 'refused')
  if (refused) return fill(words.form.badPhoto, { name: refused.name, why: refused.refusal.detail })
  const isReport = form.dataset.fieldVerb === 'report'
  if (isReport && !photos.length && !form.elements.attachments) {
    form.querySelector('input[type=file]')?.focus()
    return words.form.photo
  }
  return null
}

/** Waits until the item has been answered, the signal is found missing, or some seconds are over. */
function answerFor(id) {
  return new Promise((resolve) => {
    const end = (what) => {
      clearTimeout(limit)
      document.removeEventListener('field:settled', heard)
      resolve(what)
    }
    const heard = ({ detail }) => detail.item.id === id && end({ what: detail.what, ...detail.answer })
    const limit = setTimeout(() => end({ what: 'again' }), 8_000)
    document.addEventListener('field:settled', heard)
    sender.send().then(async () => {
      const item = await store.getItem(id)
      end(!item || item.state === 'arrived' ? { what: 'arrived' } : item.state === 'refused' ? { what: 'refused', ...item.refusal, said: item.refusal } : { what: 'again' })
    })
  })
}

/** As without scripts, where the phone has no room: with the files that stand in the form and those that have arrived. */
function sendPlain(form, photos = []) {
  for (const { result } of photos.filter((photo) => photo.state === 'arrived')) form.append(make('input', { type: 'hidden', name: 'attachments', value: result.id }))
  form.dataset.plain = '1'
  form.submit()
}

async function submit(form) {
  const verb = form.dataset.fieldVerb
  const photos = (await store.itemsOf(person)).filter(isPhotoOf(form))
  if ([...form.querySelectorAll('input[type=file]')].some((input) => input.files.length)) return sendPlain(form, photos)
  const lack = missing(form, photos)
  if (lack) {
    say(form, lack)
    form.querySelector('[data-form-words]')?.classList.add('t-alarm')
    return
  }
  form.querySelector('[data-form-words]')?.classList.remove('t-alarm')
  form.dataset.gone = '1'
  clearTimeout(saving.get(form))
  const values = valuesOf(form)
  const body = bodyFrom(values, verb)
  const kept = [...form.querySelectorAll('input[type=hidden][name=attachments]')].map((field) => Number(field.value))
  if (kept.length) body.attachments = kept
  const items = await store.itemsOf(person)
  const before = verb === 'issue' ? null : items.findLast((one) => one.kind === 'verb' && one.number === numberOf(form))
  const item = {
    id: uuid(), person, order: Date.now() + performance.now() / 1e6, kind: verb === 'issue' ? 'issue' : 'verb', verb, number: numberOf(form),
    title: verb === 'issue' ? values.title : form.dataset.title || numberOf(form), made: Date.now(), state: 'waiting', body, values,
    accuracy: values.accuracy ? Number(values.accuracy) : null, needs: photos.map((photo) => photo.id), after: before?.id ?? null,
  }
  await store.putItems([item, ...photos.map((photo) => ({ ...photo, draft: false }))])
  await store.dropDraft(draftKey(form))
  navigator.storage?.persist?.()
  say(form, words.form.sending)
  const answer = await answerFor(item.id)
  if (answer.what === 'refused' && AT_THE_FORM.has(answer.status)) {
    await backToForm(item)
    delete form.dataset.gone
    say(form, fill(words.form.refused, { why: [answer.said?.detail, ...(answer.said?.errors ?? []).map((error) => error.detail)].filter(Boolean).slice(0, 2).join(' ') }))
    form.querySelector('[data-form-words]')?.classList.add('t-alarm')
    return
  }
  leave(item, answer)
}

function leave(item, { what }) {
  const isWaiting = what !== 'arrived'
  sessionStorage.setItem('field-said', what === 'arrived' ? words.form.sent : what === 'refused' ? '' : words.form.kept)
  if (what === 'refused' || (isWaiting && item.kind === 'issue')) location.assign('/field/queue/')
  else location.assign(item.kind === 'issue' ? '/field/' : `/field/${item.number}/`)
}

/** Takes an item out of the queue and back into its form. */
export async function backToForm(item) {
  const form = `${person} ${item.number} ${item.verb}`
  await store.putDraft({ key: form, values: item.values, at: Date.now() })
  for (const id of item.needs ?? []) await store.changeItem(id, { draft: true, form })
  await store.dropItems([item.id])
}

/** Where a form stands. */
export const pageOf = (item) => (item.kind === 'issue' ? '/field/new/' : `/field/${item.number}/#${item.verb}`)

/** Looks after the forms below `root`. */
export function watchForms(root) {
  for (const form of root.querySelectorAll('form[data-field-verb]')) {
    if (form.dataset.watched || !person) continue
    form.dataset.watched = '1'
    form.addEventListener('input', (event) => {
      if (event.target.type === 'file') return
      countAnswers(form)
      keepDraft(form)
    })
    form.addEventListener('change', (event) => event.target.type === 'file' && chosen(form, event.target))
    if (form.querySelector('textarea, input:not([type=hidden])')) restore(form)
  }
}

document.addEventListener('field:settled', () => document.querySelectorAll('form[data-field-verb]:has([data-shots])').forEach(tellPhotos))

// Before the page's own listeners, which would take the form for one that is being sent.
document.addEventListener('submit', (event) => {
  const form = event.target
  if (!form.dataset.fieldVerb || !person || form.dataset.plain) return
  event.preventDefault()
  if (form.dataset.gone) return
  submit(form).catch((error) => {
    delete form.dataset.gone
    if (!store.isFull(error) && error.name !== 'InvalidStateError') console.warn('field: keeping', error)
    // Nothing can be kept here: the form goes as it would without scripts.
    say(form, store.isFull(error) ? words.queue.full : '')
    sendPlain(form)
  })
}, true)
