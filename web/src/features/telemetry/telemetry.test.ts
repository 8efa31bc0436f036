import { describe, expect, it } from 'vitest'
import type { EventRecord } from '@/api/models'
import { bandsOf } from './bands'
import { eventDetail, eventMark, eventPlace, eventTitle } from './eventWords'

const event = (change: Partial<EventRecord>): EventRecord => ({ id: 'e', seq: '1', type: 'interface.status_changed', occurred_at: '2026-11-23T12:00:00.000Z', subject: { type: 'interface', id: 'p1', name: 'Gi1/0/7' }, severity: 'critical', data: null, previous: null, cause: null, ...change })

describe('words of events', () => {
  it('say what happened to what', () => {
    const down = event({ data: { oper_status: 'down', device_name: 'lyo-1', device_id: 'd1' }, previous: { oper_status: 'up' } })
    expect([eventTitle(down), eventDetail(down), eventMark(down), eventPlace(down)]).toEqual(['lyo-1 Gi1/0/7 is down', 'was up', 'bad', '/devices/d1/ports/p1'])
  })
  it('stay readable for a type that is newer than the page', () => {
    expect(eventTitle(event({ type: 'fan.fell_off', subject: { type: 'device', id: 'd', name: 'lyo-1' } }))).toBe('fan fell off: lyo-1')
  })
  it('take the shape of the state, not of the severity', () => expect(eventMark(event({ data: { oper_status: 'up' } }))).toBe('ok'))
})

describe('bandsOf', () => {
  const at = (minute: number) => new Date(Date.UTC(2026, 10, 23, 12, minute)).toISOString()
  const change = (minute: number, status: string, id = 'p1') => event({ occurred_at: at(minute), subject: { type: 'interface', id, name: id }, data: { oper_status: status } })
  const range = { from: Date.parse(at(0)), to: Date.parse(at(60)) }
  const minutes = (bands: { from: number; to: number }[]) => bands.map((b) => [(b.from - range.from) / 60_000, (b.to - range.from) / 60_000])

  it('reach from down to up, in whatever order the events come', () => expect(minutes(bandsOf([change(30, 'up'), change(10, 'down')], range))).toEqual([[10, 30]]))
  it('last until now while it is down', () => expect(minutes(bandsOf([change(50, 'down')], range))).toEqual([[50, 60]]))
  it('are cut to the range', () => expect(minutes(bandsOf([change(-20, 'down'), change(5, 'up'), change(-30, 'down', 'p2'), change(-25, 'up', 'p2')], range))).toEqual([[0, 5]]))
  it('belong to one subject each', () => expect(minutes(bandsOf([change(10, 'down', 'a'), change(20, 'up', 'b'), change(30, 'up', 'a')], range))).toEqual([[10, 30]]))
})
