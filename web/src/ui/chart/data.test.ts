import { describe, expect, it } from 'vitest'
import { sparkPath } from '../spark'
import { utilStep, markOf } from '../status'
import { align, firstKnown, isDot, legendOf, lineName, percentile, shownRange, summarise, type ChartLine } from './data'

const line = (key: string, points: [number, number | null][], below = false): ChartLine => ({ key, label: key, points, color: 1, below })

describe('align', () => {
  it('puts lines on one axis in seconds; what is missing stays a gap', () => {
    expect(align([line('a', [[1000, 1], [3000, 3]]), line('b', [[2000, 5], [3000, null]], true)])).toEqual([[1, 2, 3], [1, null, 3], [null, -5, null]])
  })
  it('knows nothing of nothing', () => expect(align([])).toEqual([[]]))
})

it('is a dot with one known value, however many gaps', () => expect([isDot(line('a', [[1, null], [2, 5], [3, null]])), isDot(line('a', [[1, 4], [2, 5]]))]).toEqual([true, false]))

it('summarises without the gaps', () => {
  expect(summarise([[1, 4], [2, null], [3, 2]])).toEqual({ last: 2, min: 2, max: 4, mean: 3 })
  expect(summarise([[1, null]])).toEqual({ last: null, min: null, max: null, mean: null })
})

it('finds the 95th percentile by nearest rank', () => {
  expect(percentile(Array.from({ length: 100 }, (_, i): [number, number] => [i, i + 1]), 0.95)).toBe(95)
  const few = (n: number) => percentile(Array.from({ length: n }, (_, i): [number, number] => [i, i + 1]), 0.95)
  expect([few(0), few(19), few(20)]).toEqual([null, null, 19])
  expect(percentile([[0, null], ...Array.from({ length: 20 }, (_, i): [number, number] => [i + 1, 5])], 0.95)).toBe(5)
})

describe('sparkPath', () => {
  it('breaks the line at a gap', () => expect(sparkPath([1, null, 1, 2], 30, 10)?.line.match(/M/g)).toHaveLength(2))
  it('draws nothing from a single point', () => expect(sparkPath([1, null], 30, 10)).toBeNull())
})

it('climbs the scale of use at its limits', () => expect([0, 0.1, 0.4, 0.7, 0.9, 1.2].map(utilStep)).toEqual([0, 1, 2, 3, 4, 4]))
it('shows a word it does not know as unknown, never as well', () => expect([markOf('up'), markOf('unreachable'), markOf('brand_new'), markOf(null)]).toEqual(['ok', 'behind', 'unknown', 'unknown']))

describe('the range that is shown', () => {
  const hour = { from: 0, to: 3_600_000 }
  it('is the whole range once a third of it is known', () => expect(shownRange(hour, 2000)).toEqual({ from: 0, to: 3600, since: null }))
  it('begins with the first value while that is young', () => {
    const shown = shownRange(hour, 3300)
    expect(shown.since).toBe(3300)
    expect(shown.from).toBeCloseTo(3291)
    expect(shown.to).toBe(3600)
  })
  it('is never shorter than two minutes', () => expect(shownRange(hour, 3590)).toMatchObject({ from: 3480, since: 3590 }))
  it('says nothing of a chart without values', () => expect(shownRange(hour, undefined).since).toBeNull())
  it('counts from the first value, not from the first gap', () => expect(firstKnown([line('a', [[1000, null], [5000, 1]]), line('b', [[7000, 2]])])).toBe(5))
})

it('has one entry of the legend for the lines of a group', () => {
  const [a, b] = [{ ...line('a.in', []), group: 'Te1/1', label: 'in' }, { ...line('a.out', []), group: 'Te1/1', label: 'out' }]
  const entries = legendOf([a, b, line('c', [])])
  expect(entries.map((e) => [e.label, e.lines.map((l) => l.index)])).toEqual([['Te1/1', [0, 1]], ['c', [2]]])
  expect(lineName(b)).toBe('Te1/1 out')
})
