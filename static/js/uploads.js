/**
 * Photos go one by one as soon as they are chosen, each with its own client_uuid, so that a lost connection costs one
 * photo and not the report. The form then carries their ids. Without this module the form sends the files itself.
 */

const fill = (words, values) => words.replace(/\{(\w)\w*\}/g, (_, key) => values[key])
const csrf = (form) => form.elements.csrfmiddlewaretoken.value

/** One chosen file and where it stands. */
class Photo {
  constructor(file) {
    this.file = file
    this.uuid = crypto.randomUUID ? crypto.randomUUID() : uuid4()
    this.id = null
    this.why = ''
    this.sending = null
  }

  /** Sends it unless it has arrived; a second try carries the same client_uuid. */
  send(address, token) {
    this.why = ''
    this.sending = this.attempt(address, token).finally(() => {
      this.sending = null
    })
    return this.sending
  }

  async attempt(address, token) {
    const body = new FormData()
    body.append('file', this.file)
    body.append('client_uuid', this.uuid)
    try {
      const answer = await fetch(address, { method: 'POST', body, headers: { 'X-CSRFToken': token, Accept: 'application/json' } })
      const said = await answer.json().catch(() => ({}))
      if (answer.ok) this.id = said.id
      else this.why = said.detail || `${answer.status}`
    } catch (error) {
      this.why = error.message
    }
  }
}

/** crypto.randomUUID exists in secure contexts only; a phone may come over plain HTTP in the office's own network. */
function uuid4() {
  const b = crypto.getRandomValues(new Uint8Array(16))
  b[6] = (b[6] & 0x0f) | 0x40
  b[8] = (b[8] & 0x3f) | 0x80
  const hex = [...b].map((x) => x.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Everything of one form. */
class Uploads {
  constructor(form) {
    this.form = form
    this.place = form.querySelector('[data-shots]')
    this.inputs = form.querySelectorAll('input[type=file]')
    this.photos = []
    this.status = document.createElement('p')
    this.status.className = 'sm two'
    this.status.setAttribute('role', 'status')
    this.place.after(this.status)
    for (const input of this.inputs) input.addEventListener('change', () => this.chosen(input))
    form.addEventListener('submit', (event) => this.beforeSubmit(event))
  }

  chosen(input) {
    for (const file of input.files) this.add(new Photo(file))
    // The files go by themselves; left in the input they would be sent a second time.
    input.value = ''
    this.tell()
  }

  add(photo) {
    this.photos.push(photo)
    photo.shot = document.createElement('div')
    photo.shot.className = 'shot sending'
    const picture = document.createElement('img')
    picture.width = 120
    picture.height = 90
    picture.alt = photo.file.name
    if (photo.file.type.startsWith('image/')) picture.src = URL.createObjectURL(photo.file)
    const away = document.createElement('button')
    away.type = 'button'
    away.className = 'shot-away'
    away.textContent = '×'
    away.setAttribute('aria-label', `${this.place.dataset.wordsRemove} ${photo.file.name}`)
    away.addEventListener('click', () => this.remove(photo))
    photo.shot.append(picture, away)
    this.place.append(photo.shot)
    this.send(photo)
  }

  async send(photo) {
    await photo.send(this.form.dataset.uploads, csrf(this.form))
    photo.shot.classList.toggle('sending', false)
    photo.shot.classList.toggle('failed', !photo.id)
    if (photo.id) {
      const hidden = document.createElement('input')
      hidden.type = 'hidden'
      hidden.name = 'attachments'
      hidden.value = photo.id
      photo.shot.append(hidden)
    }
    this.tell()
  }

  remove(photo) {
    this.photos = this.photos.filter((other) => other !== photo)
    photo.shot.remove()
    this.tell()
  }

  tell() {
    const { wordsSent, wordsFailed, wordsAgain } = this.place.dataset
    const arrived = this.photos.filter((photo) => photo.id).length
    this.status.replaceChildren()
    if (this.photos.length) this.status.append(fill(wordsSent, { n: arrived, m: this.photos.length }))
    for (const photo of this.photos.filter((one) => one.why)) {
      const again = document.createElement('button')
      again.type = 'button'
      again.className = 'btn tiny'
      again.textContent = wordsAgain
      again.addEventListener('click', () => this.send(photo))
      const line = document.createElement('span')
      line.className = 'error'
      line.append(fill(wordsFailed, { n: photo.file.name, w: photo.why }), ' ', again)
      this.status.append(document.createElement('br'), line)
    }
  }

  /** Waits for what is on its way, then sends; a photo that did not arrive stops the report and says so. */
  beforeSubmit(event) {
    const waiting = this.photos.map((photo) => photo.sending).filter(Boolean)
    const failed = this.photos.some((photo) => photo.why)
    if (!waiting.length && !failed) return
    event.preventDefault()
    event.stopImmediatePropagation()
    if (waiting.length) {
      const { submitter } = event
      Promise.all(waiting).then(() => this.form.requestSubmit(submitter))
    } else {
      this.tell()
      this.status.scrollIntoView({ block: 'center' })
    }
  }
}

/** Looks after the forms with photos below `root`. */
export function watchUploads(root) {
  for (const form of root.querySelectorAll('form[data-uploads]')) {
    if (!form.uploads) form.uploads = new Uploads(form)
  }
}
