import { describe, expect, it } from 'vitest'
import type { Alert } from '@/api/models'
import { byUrgency, passes, tabOf, withAlert } from './lists'

const alert = (id: string, part: Partial<Alert> = {}) =>
  ({ id, severity: 'warning', status: 'active', title: id, subject: { type: 'device', id: 'd', name: id }, device: null, site_id: null, rule_id: 'r', rule_name: 'Rule', raised_at: '2026-11-23T10:00:00.000Z', silenced_until: null, ...part }) as Alert
const now = Date.parse('2026-11-23T12:00:00Z')
const none = { severity: [], site: [], rule: [], device: '', text: '' }

describe('lists of alerts', () => {
  it.each([
    [alert('a'), 'active'], [alert('a', { status: 'acknowledged' }), 'acknowledged'], [alert('a', { status: 'resolved', silenced_until: '2027-01-01T00:00:00Z' }), 'history'],
    [alert('a', { silenced_until: '2026-11-23T13:00:00Z' }), 'silenced'], [alert('a', { silenced_until: '2026-11-23T11:00:00Z' }), 'active'],
  ] as const)('finds the tab', (entry, tab) => expect(tabOf(entry, now)).toBe(tab))

  it('puts the critical first, then the oldest', () => {
    const list = [alert('new', { raised_at: '2026-11-23T11:00:00.000Z' }), alert('old'), alert('bad', { severity: 'critical', raised_at: '2026-11-23T11:30:00.000Z' })]
    expect(list.sort(byUrgency).map(entry => entry.id)).toEqual(['bad', 'old', 'new'])
  })
  it('filters by each field', () => {
    const entry = alert('core-1 does not answer', { severity: 'critical', site_id: 's', device: { id: 'd', name: 'core-1' } })
    expect(passes(entry, none)).toBe(true)
    expect(passes(entry, { ...none, severity: ['warning'] })).toBe(false)
    expect(passes(entry, { ...none, site: ['s'], rule: ['r'], device: 'd', text: 'CORE' })).toBe(true)
    expect(passes(entry, { ...none, text: 'dist' })).toBe(false)
  })
  it('takes what the socket tells', () => {
    const list = [alert('a'), alert('b')]
    expect(withAlert(list, alert('b', { status: 'acknowledged' })).map(entry => entry.status)).toEqual(['active', 'acknowledged'])
    expect(withAlert(list, alert('c')).map(entry => entry.id)).toEqual(['a', 'b', 'c'])
    expect(withAlert(list, alert('a', { status: 'resolved' })).map(entry => entry.id)).toEqual(['b'])
  })
})
