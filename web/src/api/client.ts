import createClient, { type Middleware } from 'openapi-fetch'
import { noteKept } from './kept'
import { ApiError, localProblem, toProblem } from './problem'
import type { paths, PlainPath } from './paths'

/**
 * The only file that talks HTTP. The path of `api.GET('/api/v1/devices/{id}', …)` is checked against the OpenAPI document;
 * `unwrap` turns its answer into data or an `ApiError`.
 */
export const api = createClient<paths>({
  baseUrl: '', credentials: 'same-origin', querySerializer: { array: { style: 'form', explode: false } }, fetch: (request) => fetch(request),
})

const unsafe = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
const withoutKey = /\/api\/v1\/auth\/(login|token)/
const etags = new Map<string, string>()
let csrfToken: string | null = null
let onSignedOut: () => void = () => undefined

/** The token of the session, sent with every unsafe method. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token
}

/** Called when the server says that nobody is signed in. */
export function onUnauthenticated(handler: () => void): void {
  onSignedOut = handler
}

/** A key for one intent of the user: pass it again as `Idempotency-Key` when the same act is tried again. */
export function intentKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
}

const pathOf = (request: Request) => new URL(request.url, location.origin).pathname

const guard: Middleware = {
  onRequest({ request }) {
    if (!unsafe.has(request.method)) return undefined
    const path = pathOf(request)
    if (csrfToken) request.headers.set('X-CSRF-Token', csrfToken)
    if (request.method === 'POST') {
      if (!withoutKey.test(path) && !request.headers.has('Idempotency-Key')) request.headers.set('Idempotency-Key', intentKey())
      return request
    }
    if (request.method === 'PATCH') request.headers.set('Content-Type', 'application/merge-patch+json')
    const etag = etags.get(path)
    if (etag && !request.headers.has('If-Match')) request.headers.set('If-Match', etag)
    return request
  },
  onResponse({ request, response }) {
    const path = pathOf(request)
    noteKept(path, response)
    const etag = response.headers.get('ETag')
    if (response.ok && etag && !etag.startsWith('W/')) etags.set(path, etag)
    if (response.ok && request.method === 'DELETE') etags.delete(path)
    if (response.status === 401 && !path.startsWith('/api/v1/auth/login')) onSignedOut()
    return response
  },
}
api.use(guard)

interface Answer<T> { data?: T; error?: unknown; response: Response }

/** The data of an answer; throws `ApiError` for a problem, a silent network or nonsense. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await call
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    if (error instanceof SyntaxError) throw new ApiError(localProblem('unexpected_answer', 'The answer could not be read'))
    throw new ApiError(localProblem('network', 'The server does not answer'))
  }
  if (!answer.response.ok) throw new ApiError(toProblem(answer.error, answer.response))
  return answer.data as T
}

/** `Location` and body of a creation that started long work. */
export async function unwrapWithLocation<T>(call: Promise<Answer<T>>): Promise<{ data: T; location: string | null }> {
  const kept = await call.catch(() => null)
  if (!kept) throw new ApiError(localProblem('network', 'The server does not answer'))
  return { data: await unwrap(Promise.resolve(kept)), location: kept.response.headers.get('Location') }
}

/**
 * Reads a whole filtered list as NDJSON, with the trailer checked: `complete` is false when the stream was cut.
 * Used below 10,000 rows, where the page sorts and filters by itself.
 */
export async function readAll<T>(path: PlainPath, query: Record<string, string>, signal?: AbortSignal): Promise<{ rows: T[]; complete: boolean }> {
  const url = `${path}?${new URLSearchParams(query)}`
  const response = await fetch(url, { headers: { Accept: 'application/x-ndjson' }, credentials: 'same-origin', signal }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(localProblem('network', 'The server does not answer'))
  })
  if (response.status === 401) onSignedOut()
  noteKept(path, response)
  const text = await response.text()
  if (!response.ok) throw new ApiError(toProblem(parseJson(text), response))
  return parseLines<T>(text)
}

function parseLines<T>(text: string): { rows: T[]; complete: boolean } {
  const rows: T[] = []
  for (const line of text.split('\n')) {
    if (!line) continue
    const value = JSON.parse(line) as { _end?: { complete: boolean } }
    if (value._end) return { rows, complete: value._end.complete }
    rows.push(value as T)
  }
  return { rows, complete: false }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Saves a filtered list as the server writes it (CSV): the browser keeps no table of its own. */
export async function download(path: PlainPath, query: Record<string, string>, accept: string, filename: string): Promise<void> {
  const response = await fetch(`${path}?${new URLSearchParams(query)}`, { headers: { Accept: accept }, credentials: 'same-origin' }).catch(() => {
    throw new ApiError(localProblem('network', 'The server does not answer'))
  })
  if (!response.ok) throw new ApiError(toProblem(parseJson(await response.text()), response))
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = filename
  link.click()
  URL.revokeObjectURL(link.href)
}
