import { describe, expect, it } from 'vitest'
import { binLength, binned } from './bins'

describe('stretches of time', () => {
  it('are round and at most as many as asked', () => {
    expect(binLength({ from: 0, to: 3_600_000 }, 60)).toBe(60_000)
    expect(binLength({ from: 0, to: 86_400_000 }, 60)).toBe(1_800_000)
    expect(binLength({ from: 0, to: 90 * 86_400_000 }, 60)).toBe(2 * 86_400_000)
  })
  it('count by kind and leave out what lies outside', () => {
    const bins = binned([[61_000, 0], [65_000, 1], [125_000, 1], [10, 0], [400_000, 0]], { from: 60_000, to: 180_000 }, 2, 2)
    expect(bins.map((b) => [b.from, b.counts, b.total])).toEqual([[60_000, [1, 1], 2], [120_000, [0, 1], 1]])
  })
})
