import { beforeEach, describe, expect, it, vi } from 'vitest'
import { api, onUnauthenticated, readAll, setCsrfToken, unwrap } from './client'
import type { CollectionName, PlainPath } from './paths'
import { ApiError } from './problem'

let calls: Request[]
let answer: () => Response | Promise<Response>
const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(body === null ? null : JSON.stringify(body), { status, headers: { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json', ...headers } })

beforeEach(() => {
  calls = []
  answer = () => json({})
  setCsrfToken(null)
  vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
    calls.push(new Request(new URL(typeof input === 'string' ? input : input.url, 'http://localhost:3000'), typeof input === 'string' ? init : input))
    return answer()
  })
})
const failure = async (call: Promise<unknown>) => (await call.then(() => null, (e: unknown) => e)) as ApiError
const on = { baseUrl: 'http://localhost:3000' }
const get = (path: PlainPath) => api.GET(path, on)
const device = (id: string) => ({ ...on, params: { path: { id } } })

describe('requests', () => {
  it('carries the token of the session on unsafe methods only', async () => {
    setCsrfToken('secret')
    await get('/api/v1/devices')
    await api.POST('/api/v1/devices', { ...on, body: {} })
    expect(calls.map((c) => c.headers.get('X-CSRF-Token'))).toEqual([null, 'secret'])
  })

  it('gives each POST a key of its own, but not signing in', async () => {
    await api.POST('/api/v1/devices', { ...on, body: {} })
    await api.POST('/api/v1/devices', { ...on, body: {} })
    await api.POST('/api/v1/auth/login', { ...on, body: {} })
    await api.POST('/api/v1/devices', { ...on, body: {}, headers: { 'Idempotency-Key': 'mine' } })
    const keys = calls.map((c) => c.headers.get('Idempotency-Key'))
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(keys[1]).not.toBe(keys[0])
    expect(keys.slice(2)).toEqual([null, 'mine'])
  })

  it('sends the version it has read with a change', async () => {
    answer = () => json({}, 200, { ETag: '"7"' })
    await api.GET('/api/v1/devices/{id}', device('1'))
    await api.PATCH('/api/v1/devices/{id}', { ...device('1'), body: {} })
    await api.PATCH('/api/v1/devices/{id}', { ...device('2'), body: {} })
    expect(calls.map((c) => c.headers.get('If-Match'))).toEqual([null, '"7"', null])
    expect(calls[1]?.headers.get('Content-Type')).toBe('application/merge-patch+json')
  })
})

describe('answers', () => {
  it('turns a problem into an ApiError with its fields', async () => {
    answer = () => json({ code: 'validation_failed', title: 'The request has invalid fields', status: 422, request_id: '01J', errors: [{ field: 'targets[1]', code: 'invalid_cidr', message: 'no network' }] }, 422)
    const error = await failure(unwrap(get('/api/v1/devices')))
    expect(error).toBeInstanceOf(ApiError)
    expect([error.status, error.code, error.field('targets')?.message, error.problem.request_id]).toEqual([422, 'validation_failed', 'no network', '01J'])
  })

  it('reads how long to wait from the header too', async () => {
    answer = () => json({ code: 'rate_limited', title: 'x', status: 429 }, 429, { 'Retry-After': '12' })
    expect((await failure(unwrap(get('/api/v1/devices')))).retryAfter).toBe(12)
  })

  it('says so when no answer came, or one that is not ours', async () => {
    answer = () => Promise.reject(new TypeError('failed to fetch'))
    expect((await failure(unwrap(get('/api/v1/devices')))).code).toBe('network')
    answer = () => new Response('<html>bad gateway</html>', { status: 502 })
    const error = await failure(unwrap(get('/api/v1/devices')))
    expect([error.code, error.status]).toEqual(['unexpected_answer', 502])
  })

  it('tells when nobody is signed in, but not for a wrong password', async () => {
    const gone = vi.fn()
    onUnauthenticated(gone)
    answer = () => json({ code: 'not_authenticated', title: 'x', status: 401 }, 401)
    await failure(unwrap(api.POST('/api/v1/auth/login', { ...on, body: {} })))
    expect(gone).not.toHaveBeenCalled()
    await failure(unwrap(get('/api/v1/devices')))
    expect(gone).toHaveBeenCalledOnce()
  })
})

describe('whole lists', () => {
  it('reads lines and sees whether the end came', async () => {
    answer = () => new Response('{"id":1}\n{"id":2}\n{"_end":{"rows":2,"complete":true}}\n')
    expect(await readAll('/api/v1/devices', { fields: 'id' })).toEqual({ rows: [{ id: 1 }, { id: 2 }], complete: true })
    expect(calls[0]?.headers.get('Accept')).toBe('application/x-ndjson')
    answer = () => new Response('{"id":1}\n')
    expect((await readAll('/api/v1/devices', {})).complete).toBe(false)
  })
})

/** Never called: the type check reads it, and complains of a line that has come to compile. */
export function wrongCalls() {
  // @ts-expect-error -- the document has no such path
  void api.GET('/api/v1/device')
  // @ts-expect-error -- nor one that is put together
  void api.GET('/api/v1/devices/0192')
  // @ts-expect-error -- this path is not written to
  void api.POST('/api/v1/audit')
  // @ts-expect-error -- the id is missing
  void api.GET('/api/v1/devices/{id}')
  // @ts-expect-error -- it is called otherwise
  void api.GET('/api/v1/devices/{id}', { params: { path: { device: '1' } } })
  // @ts-expect-error -- a list with something to fill in is no list by itself
  void readAll('/api/v1/devices/{id}/interfaces', {})
  // @ts-expect-error -- nobody adds to the audit
  const name: CollectionName = 'audit'
  return name
}
