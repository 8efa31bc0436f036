import { expect, it, vi } from 'vitest'
import { api } from '@/api/client'
import { can, forget, grants, loadSession, onSignedOut, session } from './session'

const answer = (permissions: string[]) => ({ data: { user: { username: 'nadia' }, permissions, csrf_token: 'x' }, response: new Response() })

it('grants what the session says, by area and as a whole', async () => {
  vi.spyOn(api, 'GET').mockResolvedValue(answer(['devices:read', 'alerts:*']) as never)
  expect(can('devices:read')).toBe(false)
  await loadSession(true)
  expect(['devices:read', 'devices:write', 'alerts:write'].map(can)).toEqual([true, false, true])
  vi.mocked(api.GET).mockResolvedValue(answer(['*:*']) as never)
  await loadSession(true)
  expect(can('credentials:write')).toBe(true)
  expect([grants(['*'], 'a:b'), grants(['*:read'], 'a:read'), grants(['*:read'], 'a:write'), grants([], 'a:read')]).toEqual([true, true, false, false])
})

it('asks once for all who want to know', async () => {
  const get = vi.spyOn(api, 'GET').mockResolvedValue(answer([]) as never)
  forget()
  await Promise.all([loadSession(), loadSession(), loadSession()])
  expect(get).toHaveBeenCalledOnce()
})

it('takes 401 for nobody and throws what else goes wrong', async () => {
  vi.spyOn(api, 'GET').mockResolvedValue({ error: { code: 'not_authenticated', title: 'x', status: 401 }, response: new Response(null, { status: 401 }) } as never)
  expect(await loadSession(true)).toBeNull()
  vi.mocked(api.GET).mockRejectedValue(new TypeError('no network'))
  await expect(loadSession(true)).rejects.toThrow()
})

it('tells when it is forgotten', async () => {
  vi.spyOn(api, 'GET').mockResolvedValue(answer([]) as never)
  const gone = vi.fn()
  onSignedOut(gone)
  await loadSession(true)
  forget()
  expect(gone).toHaveBeenCalledOnce()
  expect(session.signedIn.value).toBe(false)
})
