import { expect, it } from 'vitest'
import { rollUp } from './siteRollUp'

const summary = (id: string | null, devices: number, down = 0, degraded = 0) => ({ id, name: `site ${id}`, devices, down, degraded })
const place = (id: string, parent_id: string | null = null) => ({ id, name: id.toUpperCase(), parent_id })

it('counts buildings into their sites', () => {
  const totals = rollUp([summary('l', 8), summary('l1', 20, 1), summary('l1a', 2), summary('p1', 19, 0, 2), summary(null, 3)], [place('l'), place('l1', 'l'), place('l1a', 'l1'), place('p'), place('p1', 'p')])
  expect(totals).toEqual([
    { id: 'l', name: 'L', devices: 30, down: 1, degraded: 0, ids: ['l', 'l1', 'l1a'] },
    { id: 'p', name: 'P', devices: 19, down: 0, degraded: 2, ids: ['p1'] },
    { id: null, name: 'site null', devices: 3, down: 0, degraded: 0, ids: [] },
  ])
})
it('shows the buildings of an only site', () => {
  expect(rollUp([summary('l', 8), summary('l1', 20), summary('l2', 5)], [place('l'), place('l1', 'l'), place('l2', 'l')]).map((s) => [s.id, s.devices])).toEqual([['l', 8], ['l1', 20], ['l2', 5]])
})
it('keeps what it does not know, and a circle does not hang it', () => {
  expect(rollUp([summary('x', 1), summary('a', 1)], [place('a', 'b'), place('b', 'a')])).toHaveLength(2)
})
