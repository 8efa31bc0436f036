import { describe, expect, it } from 'vitest'
import type { Topology } from '@/api/models'
import { ticksOf, topologyAt, type ChangeEvent } from './past'

const event = (type: string, seconds: number, id: string, data: object, previous: object | null = null, severity = 'info'): ChangeEvent => ({
  id: `${type}${seconds}`, type, occurred_at: new Date(seconds * 1000).toISOString(), subject: { type: 'x', id, name: id }, severity, data: data as Record<string, unknown>, previous: previous as Record<string, unknown> | null,
})
const node = (id: string, status: string) => ({ id, device_id: id, kind: 'device', status, alerts_active: 2 })
const link = (id: string, status: string) => ({ id, status, source: { node: 'a', interface: 'a1', interface_name: 'a1' }, target: { node: 'b', interface: 'b1', interface_name: 'b1' }, utilisation_ratio: 0.5 })
const now = { nodes: [node('a', 'up'), node('b', 'down')], links: [link('l', 'down')], computed_at: '', folded: false } as unknown as Topology

describe('the map at a moment', () => {
  const events = [
    event('device.added', 10, 'b', {}),
    event('device.status_changed', 20, 'b', { status: 'up' }, { status: 'pending' }),
    event('link.appeared', 30, 'l', {}),
    event('interface.status_changed', 40, 'a1', { oper_status: 'down' }, { oper_status: 'up' }, 'warning'),
    event('device.status_changed', 50, 'b', { status: 'down' }, { status: 'up' }, 'critical'),
  ]
  const at = (seconds: number) => {
    const past = topologyAt(now, events, seconds * 1000)
    return [past.nodes[1]?.status, past.links[0]?.status]
  }
  it('is today at the end', () => expect(at(60)).toEqual(['down', 'down']))
  it('undoes what came later, step by step', () => {
    expect(at(45)).toEqual(['up', 'down'])
    expect(at(35)).toEqual(['up', 'up'])
    expect(at(25)).toEqual(['up', 'unknown'])
    expect(at(15)).toEqual(['pending', 'unknown'])
    expect(at(5)).toEqual(['unmonitored', 'unknown'])
  })
  it('knows a link that has vanished since', () => {
    expect(topologyAt({ ...now, links: [link('l', 'unknown')] } as unknown as Topology, [event('link.vanished', 50, 'l', {})], 40_000).links[0]?.status).toBe('up')
  })
  it('claims no use for then, and changes nothing of now', () => {
    expect(topologyAt(now, [], 0).links[0]?.utilisation_ratio).toBeNull()
    expect(now.links[0]?.utilisation_ratio).toBe(0.5)
  })
  it('has one tick a stretch, with the gravest mark', () => {
    expect(ticksOf(events, 30_000)).toEqual([{ at: 20_000, count: 2, mark: 'info' }, { at: 50_000, count: 3, mark: 'bad' }])
  })
})
