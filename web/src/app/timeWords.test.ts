import { describe, expect, it } from 'vitest'
import { parseRelative, parseTyped, resolve } from './timeWords'

// A Monday, 15:00 in the zone of whoever runs this.
const now = new Date(2026, 10, 23, 15, 0).getTime()
const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime()

describe('resolve', () => {
  it('reads relative words', () => {
    expect(resolve('-15m', now)).toBe(now - 900_000)
    expect(resolve('-7d', now)).toBe(now - 7 * 86_400_000)
    expect(resolve('now', now)).toBe(now)
  })
  it('knows yesterday and this week', () => {
    expect(resolve('today', now)).toBe(at(2026, 10, 23, 0, 0))
    expect(resolve('yesterday', now)).toBe(at(2026, 10, 22, 0, 0))
    expect(resolve('week', now)).toBe(at(2026, 10, 23, 0, 0))
    expect(resolve('week', at(2026, 10, 22, 9, 0))).toBe(at(2026, 10, 16, 0, 0))
  })
  it('falls back to an hour for what it cannot read', () => expect(resolve('soon', now)).toBe(now - 3_600_000))
})

describe('parseTyped', () => {
  it('takes spans, in both languages', () => {
    expect(parseTyped('-3h', now)).toEqual({ from: '-3h', to: null })
    expect(parseTyped('2j', now)).toEqual({ from: '-2d', to: null })
    expect(parseTyped('30 min', now)).toEqual({ from: '-30m', to: null })
  })
  it('takes two times of the day, over midnight too', () => {
    expect(parseTyped('14:00-15:00', now)).toEqual({ from: new Date(at(2026, 10, 23, 14, 0)).toISOString(), to: new Date(at(2026, 10, 23, 15, 0)).toISOString() })
    expect(parseTyped('23:30 – 00:15', now)).toEqual({ from: new Date(at(2026, 10, 22, 23, 30)).toISOString(), to: new Date(at(2026, 10, 23, 0, 15)).toISOString() })
  })
  it('takes since a day or a time', () => {
    expect(parseTyped('since friday', now)?.from).toBe(new Date(at(2026, 10, 20, 0, 0)).toISOString())
    expect(parseTyped('depuis 14h', now)?.from).toBe(new Date(at(2026, 10, 23, 14, 0)).toISOString())
  })
  it('refuses the rest', () => {
    for (const text of ['', 'soon', '25:00-26:00', '14:00', 'since ever', '1-2-3']) expect([text, parseTyped(text, now)]).toEqual([text, null])
  })
})

it('does not take a number without unit for a span', () => expect(parseRelative('15')).toBeNull())
