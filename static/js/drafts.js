/**
 * What is being written is kept in this tab until the server has answered it: the back button, a reload, a broken
 * connection or an ended session lose nothing. The phone's forms have a queue of their own (static/js/field/).
 */
const PREFIX = 'draft:'
const PENDING = 'draft-sent'
const FIELDS = 'textarea[name], input[type=text][name], input:not([type])[name]'

const asker = () => document.body.dataset.asker ?? ''
const keyOf = (form, field) => `${PREFIX}${asker()}:${new URL(form.action).pathname}:${field.name}`
const store = (act) => {
  try {
    return act(sessionStorage)
  } catch {
    return null // storage is full or forbidden: the page works without it
  }
}
const draftable = (form) => form.method === 'post' && !form.closest('.phone, .door, [data-no-draft]')

/** Keeps a field's text, or forgets it where it is the server's own. */
function keep(field) {
  const form = field.form
  if (!form || !field.matches(FIELDS) || !draftable(form)) return
  const key = keyOf(form, field)
  store((s) => (field.value && field.value !== field.defaultValue ? s.setItem(key, field.value) : s.removeItem(key)))
}

/** The server has answered a form when a page opens by going on; by going back its drafts are still unsent. */
function settle() {
  const [navigation] = performance.getEntriesByType('navigation')
  const sent = store((s) => s.getItem(PENDING))
  store((s) => s.removeItem(PENDING))
  if (sent && navigation?.type === 'navigate') store((s) => JSON.parse(sent).forEach((key) => s.removeItem(key)))
}

/** Puts drafts back into empty or untouched fields below `root`. */
function restore(root) {
  for (const field of root.querySelectorAll(FIELDS)) {
    if (!field.form || !draftable(field.form) || field.value !== field.defaultValue) continue
    const kept = store((s) => s.getItem(keyOf(field.form, field)))
    if (kept && kept !== field.value) {
      field.value = kept
      const folded = field.closest('details')
      if (folded) folded.open = true
      field.dispatchEvent(new Event('input', { bubbles: true }))
    }
  }
}

/** A text that is too long is never cut: one sees how much is too much, and the server says the same. */
function count(field) {
  if (field.hasAttribute('maxlength') && field.tagName === 'TEXTAREA') {
    field.dataset.limit = field.getAttribute('maxlength')
    field.removeAttribute('maxlength') // pasting would lose the rest without a word
  }
  const limit = Number(field.dataset.limit)
  if (!limit) return
  const length = [...field.value].length
  let said = field.parentElement.querySelector('.too-long')
  if (length < limit * 0.9) return said?.remove()
  if (!said) {
    said = Object.assign(document.createElement('p'), { className: 'hint too-long' })
    said.setAttribute('role', 'status')
    field.after(said)
  }
  const words = document.body.dataset
  said.textContent = (length > limit ? words.tooLong : words.nearLimit)
    .replace('{limit}', limit.toLocaleString('en')).replace('{n}', Math.abs(limit - length).toLocaleString('en'))
  said.classList.toggle('error', length > limit)
}

/** Watches the forms below `root`. */
export function watchDrafts(root) {
  restore(root)
  for (const field of root.querySelectorAll('textarea[maxlength]')) count(field)
}

document.addEventListener('input', (event) => {
  if (!event.target.form) return
  keep(event.target)
  count(event.target)
})
document.addEventListener('submit', (event) => {
  const form = event.target
  if (form.action.endsWith('/signout/')) return store((s) => Object.keys(s).filter((key) => key.startsWith(PREFIX)).forEach((key) => s.removeItem(key)))
  if (event.defaultPrevented || !draftable(form)) return
  const keys = [...form.querySelectorAll(FIELDS)].map((field) => keyOf(form, field))
  store((s) => s.setItem(PENDING, JSON.stringify(keys)))
})
settle()
