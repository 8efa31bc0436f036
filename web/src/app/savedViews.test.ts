import { beforeEach, expect, it, vi } from 'vitest'
import { sameQuery, useSavedViews } from './savedViews'

const kept = new Map<string, string>()
beforeEach(() => {
  kept.clear()
  vi.stubGlobal('localStorage', { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v) })
})

it('keeps a view for the next visit, once a name, and gives it back after a removal', () => {
  const first = useSavedViews('devices')
  first.save('Lyon', { site: '1' })
  const second = first.save('Lyon', { site: '2' })
  expect(useSavedViews('devices').views.value).toEqual([second])
  expect(useSavedViews('alerts').views.value).toEqual([])
  const undo = first.remove(second.id)
  expect(useSavedViews('devices').views.value).toEqual([])
  undo()
  expect(useSavedViews('devices').views.value).toEqual([second])
})

it('starts anew when what was kept cannot be read', () => {
  kept.set('vigie.views.devices.', '{')
  expect(useSavedViews('devices').views.value).toEqual([])
})

it('takes two addresses as one list when only empty names differ', () => {
  expect(sameQuery({ site: '1', role: '' }, { site: '1' })).toBe(true)
  expect(sameQuery({ site: '1' }, { site: '2' })).toBe(false)
})
