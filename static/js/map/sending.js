/** Requests that change something: through the API, with the CSRF token and a `client_uuid`, so that a retry does no harm. */

/** A random UUID (RFC 9562, version 4); `crypto.randomUUID` is missing on plain HTTP. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const token = () => /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? ''

/** POSTs JSON to `/api/v1…`; resolves to `{ok, status, body}`; rejects only where nothing was reached. */
export async function post(path, body) {
  const answer = await fetch(`/api/v1${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token() },
    body: JSON.stringify(body),
  })
  return { ok: answer.ok, status: answer.status, body: await answer.json().catch(() => ({})) }
}
