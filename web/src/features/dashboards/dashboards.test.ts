import { expect, it } from 'vitest'
import type { Alert, SystemDashboard } from '@/api/models'
import { figureOf } from './figures'
import { holdOrder, sortIncidents } from './incidents'

const alert = (id: string, severity: string, minutesAgo: number, status = 'active') => ({ id, severity, status, raised_at: new Date(Date.UTC(2026, 10, 23, 12, -minutesAgo)).toISOString() }) as Alert

it('puts the gravest first, then the newest; what is taken sinks', () => {
  const list = [alert('warn', 'warning', 1), alert('taken', 'critical', 2, 'acknowledged'), alert('old', 'critical', 60), alert('new', 'critical', 5), alert('gone', 'critical', 1, 'resolved')]
  expect(sortIncidents(list).map((a) => a.id)).toEqual(['new', 'old', 'warn', 'taken'])
})

it('keeps the order that somebody is reading, and counts what waits', () => {
  const { held, waiting } = holdOrder(['a', 'b'], [alert('c', 'critical', 1), alert('b', 'warning', 2), alert('a', 'warning', 3)])
  expect(held.map((a) => a.id)).toEqual(['a', 'b'])
  expect(waiting).toBe(1)
})

it('takes the fullest of several disks', () => {
  const data = { metrics: { disk_used_ratio: [{ value: 0.4 }, { value: 0.8 }], cpu_ratio: { value: 0.1 } } } as unknown as SystemDashboard
  expect([figureOf(data, 'disk_used_ratio')?.value, figureOf(data, 'cpu_ratio')?.value, figureOf(data, 'nothing')]).toEqual([0.8, 0.1, null])
})
