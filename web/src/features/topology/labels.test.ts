import { describe, expect, it } from 'vitest'
import { fitted, shortLabels } from './labels'

describe('shortLabels', () => {
  it('drops site and building where the box says them', () => {
    const names = ['lil-core-1', 'lil-core-2', 'lil-b3-dist-1', 'lil-b3-acc-1', 'lil-b3-acc-2']
    expect(shortLabels(names, [[0, 0, 0, 0, 0], [-1, -1, 0, 0, 0]])).toEqual(['core-1', 'core-2', 'dist-1', 'acc-1', 'acc-2'])
  })
  it('keeps names that would be left as bare numbers', () => {
    expect(shortLabels(['sw-1', 'sw-2', 'sw-3'], [[0, 0, 0]])).toEqual(['sw-1', 'sw-2', 'sw-3'])
  })
  it('drops domains but leaves addresses whole', () => {
    expect(shortLabels(['core.example.net', '10.0.0.7', 'fe80::1'], [])).toEqual(['core', '10.0.0.7', 'fe80::1'])
  })
  it('cuts to the room there is', () => {
    expect(fitted('distribution-switch', 60)).toBe('distribut…')
    expect(fitted('acc-1', 60)).toBe('acc-1')
  })
})
