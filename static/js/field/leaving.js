/** Signing in and out on a phone: unsent work is named before one leaves, and the next person is shown nothing of it. */

const META = 'field-meta'

/** Until somebody's page has come from the server again, the worker shows nobody's pages. */
async function forgetPerson(alsoPages) {
  if (!('caches' in window)) return
  if (alsoPages) for (const name of await caches.keys()) if (name.startsWith('field-pages-') || name.startsWith('field-tiles-')) await caches.delete(name)
  await caches.delete(META)
}

const hasQueue = async () => {
  const known = await indexedDB.databases?.()
  return !known || known.some(({ name }) => name === 'envmap-field')
}

async function unsent(person) {
  if (!person || !(await hasQueue())) return []
  const store = await import('./store.js')
  return (await store.itemsOf(person)).filter((item) => item.state !== 'arrived' && !item.draft)
}

async function leave(form) {
  const items = await unsent(document.getElementById('leave-words')?.dataset.person).catch(() => [])
  if (items.length) {
    const { confirmed } = await import('./dom.js')
    const says = JSON.parse(document.getElementById('leave-words').textContent)
    const go = await confirmed({ title: says.title.replace('{n}', items.length), text: says.text, yes: says.go, no: says.stay, danger: true })
    if (!go) return
  }
  await forgetPerson(true).catch(() => {})
  form.dataset.leaving = '1'
  form.requestSubmit()
}

document.addEventListener('submit', (event) => {
  const form = event.target
  const path = new URL(form.action, location).pathname
  if (path === '/signout/' && !form.dataset.leaving) {
    event.preventDefault()
    leave(form)
  } else if (path === '/signin/') forgetPerson(false).catch(() => {})
}, true)
