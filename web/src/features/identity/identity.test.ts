import { expect, it } from 'vitest'
import { byArea } from './permissionGroups'
import { safeReturn } from './returnTo'
import { strength } from './strength'

it('leads back only inside this application', () => {
  expect(['/devices?q=1', '//evil.example', 'https://evil.example', '/\\evil.example', undefined, '/sign-in?x'].map(safeReturn)).toEqual(['/devices?q=1', '/', '/', '/', '/', '/'])
})

it('judges a password by its length, and a repeated letter does not count', () => {
  expect(['short', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'twelve chars', 'sixteen letters!', 'a rather long sentence']. map(strength)).toEqual([0, 0, 1, 2, 3])
})

it('groups permissions by area', () => expect(byArea(['devices:read', 'devices:write', 'audit:read'])).toEqual([{ area: 'devices', verbs: [{ name: 'devices:read', verb: 'read' }, { name: 'devices:write', verb: 'write' }] }, { area: 'audit', verbs: [{ name: 'audit:read', verb: 'read' }] }]))
