import { describe, expect, it } from 'vitest'
import type { RunResult } from '@/api/models'
import { mergeResults, missingSince, newsOf } from './runMerge'

const result = (address: string, outcome: string, device: string | null = 'd') => ({ id: address, address, outcome, device_id: device }) as RunResult

describe('runs', () => {
  it('appends finds and keeps the place of an address told again', () => {
    const merged = mergeResults([result('a', 'candidate'), result('b', 'new')], [result('a', 'new'), result('c', 'new')])
    expect(merged.map(entry => [entry.address, entry.outcome])).toEqual([['a', 'new'], ['b', 'new'], ['c', 'new']])
  })
  it('keeps identity without news', () => {
    const known = [result('a', 'new')]
    expect(mergeResults(known, [])).toBe(known)
  })
  it('names devices that no longer answer, not addresses that never were devices', () => {
    const before = [result('a', 'new'), result('b', 'new'), result('c', 'candidate', null)]
    expect(missingSince(before, [result('a', 'unchanged')]).map(entry => entry.address)).toEqual(['b'])
  })
  it('reads frames of the channel only', () => {
    expect(newsOf([{ type: 'gap' }, { type: 'discovery', data: { run: { id: 'r' } } }])).toEqual([{ run: { id: 'r' }, results: [] }])
  })
})
