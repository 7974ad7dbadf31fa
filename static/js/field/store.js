/** What the phone keeps: things to send, drafts of forms and a few facts, in IndexedDB. Each belongs to a person. */

const NAME = 'envmap-field'
const VERSION = 1

let opening = null

/** The database; a newer page in another tab may close it, then it is opened anew. */
export function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION)
    request.onupgradeneeded = () => {
      const db = request.result
      const items = db.createObjectStore('items', { keyPath: 'id' })
      items.createIndex('person', 'person')
      db.createObjectStore('drafts', { keyPath: 'key' })
      db.createObjectStore('facts', { keyPath: 'key' })
    }
    request.onsuccess = () => {
      const db = request.result
      const forget = () => (opening = null)
      db.onversionchange = () => {
        db.close()
        forget()
      }
      db.onclose = forget
      resolve(db)
    }
    request.onerror = () => {
      opening = null
      reject(request.error)
    }
  })
  return opening
}

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

async function within(stores, mode, act) {
  const db = await database()
  const transaction = db.transaction(stores, mode)
  const kept = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve
    // A full disk ends the transaction with QuotaExceededError; nothing of it is half kept.
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new DOMException('', 'AbortError'))
  })
  const result = await act((name) => transaction.objectStore(name))
  if (mode === 'readwrite') await kept
  return result
}

/** Whether an error says that there is no room. */
export const isFull = (error) => error?.name === 'QuotaExceededError'

/** The person's things to send, in the order in which they were made. */
export async function itemsOf(person) {
  const found = await within(['items'], 'readonly', (store) => done(store('items').index('person').getAll(person)))
  return found.sort((a, b) => a.order - b.order)
}

/** How many things of other people lie here: only how many, never what. */
export async function countOfOthers(person) {
  const [all, own] = await within(['items'], 'readonly', (store) =>
    Promise.all([done(store('items').count()), done(store('items').index('person').count(person))]))
  return all - own
}

/** Keeps several things at once, all or none. */
export const putItems = (items) => within(['items'], 'readwrite', (store) => Promise.all(items.map((item) => done(store('items').put(item)))))
export const getItem = (id) => within(['items'], 'readonly', (store) => done(store('items').get(id)))
export const dropItems = (ids) => within(['items'], 'readwrite', (store) => Promise.all(ids.map((id) => done(store('items').delete(id)))))

/** Changes one thing as it stands now; nothing where it has gone meanwhile. */
export const changeItem = (id, change) =>
  within(['items'], 'readwrite', async (store) => {
    const item = await done(store('items').get(id))
    if (!item) return null
    const next = { ...item, ...change }
    await done(store('items').put(next))
    return next
  })

export const putDraft = (draft) => within(['drafts'], 'readwrite', (store) => done(store('drafts').put(draft)))
export const getDraft = (key) => within(['drafts'], 'readonly', (store) => done(store('drafts').get(key)))
export const dropDraft = (key) => within(['drafts'], 'readwrite', (store) => done(store('drafts').delete(key)))

export const putFact = (key, value) => within(['facts'], 'readwrite', (store) => done(store('facts').put({ key, value })))
export const getFact = async (key) => (await within(['facts'], 'readonly', (store) => done(store('facts').get(key))))?.value ?? null
