import { QueryClient } from '@tanstack/vue-query'
import { describe, expect, it } from 'vitest'
import type { Device, EventRecord, Interface, Site } from '@/api/models'
import { deviceKeys, refreshEvery } from './useDevices'
import { onDeviceEvents } from './deviceEvents'
import { apiFilters, facetsOf, networkOf } from './filters'
import { errorsOf, isPhysical, portState, portsThatMatter, uplinks } from './ports'
import { siteTree } from './useCatalogue'
import { stepFor } from './useDeviceParts'

const born = '2026-11-01T00:00:00.000Z'
const now = Date.parse('2026-11-23T12:00:00.000Z')
const port = (change: Omit<Partial<Interface>, 'state'> & { state?: Partial<Interface['state']> } = {}): Interface => ({
  id: 'p', name: 'Gi1/0/1', admin_status: 'up', oper_status: 'up', status_since: born, created_at: born, peer: null, monitored: true, if_index: 1, kind: null, speed_bps: 1e9, ...change,
  state: { in_errors_per_second: 0, out_errors_per_second: 0, utilisation_ratio: 0, in_bps: 0, out_bps: 0, ...change.state },
} as Interface)
const peer = { device_id: 'd', device_name: 'core', interface_id: null, interface_name: null }

describe('ports', () => {
  it('tell down from free and shut', () => {
    expect(portState(port())).toBe('up')
    expect(portState(port({ state: { in_errors_per_second: 2 } }))).toBe('errors')
    expect(portState(port({ admin_status: 'down', oper_status: 'down' }))).toBe('off')
    expect(portState(port({ oper_status: 'down' }))).toBe('free')
    expect(portState(port({ oper_status: 'down', peer }))).toBe('down')
    expect(portState(port({ oper_status: 'down', status_since: '2026-11-23T11:00:00.000Z' }))).toBe('down')
  })

  it('count errors of both directions, unknown as none', () => expect(errorsOf(port({ state: { in_errors_per_second: 1, out_errors_per_second: null } }))).toBe(1))

  it('matter by trouble first', () => {
    const ports = [port({ id: 'quiet', if_index: 1 }), port({ id: 'busy', if_index: 2, state: { utilisation_ratio: 0.8 } }), port({ id: 'down', if_index: 3, oper_status: 'down', peer }), port({ id: 'errors', if_index: 4, state: { in_errors_per_second: 1 } }), port({ id: 'shut', if_index: 5, admin_status: 'down' }), port({ id: 'free', if_index: 6, oper_status: 'down' })]
    expect(portsThatMatter(ports, now).map((p) => p.id)).toEqual(['down', 'errors', 'busy', 'quiet'])
  })

  it('that one can plug a cable into are on the panel', () => {
    const names = ['GigabitEthernet1/0/1', 'Vlan120', 'Loopback0', 'Port-channel1', 'xe-0/0/0', 'ae0', 'eth0', 'lo', 'Tunnel5', 'ether3', 'Te1/1/1', 'irb']
    expect(names.filter((name) => isPhysical(port({ name })))).toEqual(['GigabitEthernet1/0/1', 'xe-0/0/0', 'eth0', 'ether3', 'Te1/1/1'])
    expect(isPhysical(port({ name: 'X', kind: 'softwareLoopback' }))).toBe(false)
  })

  it('with a neighbour are the uplinks, the fastest first', () => {
    const ports = [port({ id: 'desk', speed_bps: 1e10 }), port({ id: 'slow', peer, speed_bps: 1e9 }), port({ id: 'fast', peer, speed_bps: 1e10 })]
    expect(uplinks(ports).map((p) => p.id)).toEqual(['fast', 'slow'])
  })
})

describe('filters', () => {
  it('take what looks like an address for its network', () => {
    expect(['10.20.', '10.20.1', '10.20.1.7', '10.0.0.0/8', '2001:db8::1', '10', '300.1.1.1', 'lyo-1', '10.20/16'].map(networkOf)).toEqual(['10.20.0.0/16', '10.20.1.0/24', '10.20.1.7/32', '10.0.0.0/8', '2001:db8::1/128', null, null, null, null])
    expect(apiFilters('10.20.', {})).toEqual({ primary_ip__cidr: '10.20.0.0/16' })
  })

  it('become those of the API', () => expect(apiFilters('lyo', { status: 'down,degraded', net: '10.0.0.0/8', vendor: '' })).toEqual({ search: 'lyo', status__in: 'down,degraded', primary_ip__cidr: '10.0.0.0/8' }))

  it('are counted, states in the order of their gravity', () => {
    const device = (status: string, tags: string[]) => ({ status, tags, role: 'core', site: { id: 's', name: 'Lyon' }, vendor: null, os: null }) as never
    const facets = facetsOf([device('down', ['x']), device('up', ['x', 'y']), device('up', [])])
    expect(facets.status?.map((f) => [f.value, f.hint])).toEqual([['up', '2'], ['down', '1']])
    expect(facets.tag?.map((f) => [f.value, f.hint])).toEqual([['x', '2'], ['y', '1']])
    expect(facets.vendor).toEqual([])
  })
})

describe('events', () => {
  const event = (change: Partial<EventRecord>) => ({ id: 'e', seq: '1', type: 'device.status_changed', occurred_at: '2026-11-23T12:00:00.000Z', subject: { type: 'device', id: 'd1', name: 'x' }, severity: 'critical', data: null, previous: null, cause: null, ...change }) as EventRecord

  it('change a device wherever it is shown, without asking again', () => {
    const client = new QueryClient()
    const device = { id: 'd1', status: 'up', state: { status_since: null } } as unknown as Device
    client.setQueryData(deviceKeys.one('d1'), device)
    client.setQueryData([...deviceKeys.rows, 'whole', {}], [device, { ...device, id: 'd2' }])
    onDeviceEvents([event({ data: { status: 'down', reason: 'no answer' } })], client)
    expect(client.getQueryData<Device>(deviceKeys.one('d1'))).toMatchObject({ status: 'down', state: { status_reason: 'no answer', status_since: '2026-11-23T12:00:00.000Z' } })
    expect(client.getQueryData<Device[]>([...deviceKeys.rows, 'whole', {}])?.map((d) => d.status)).toEqual(['down', 'up'])
  })

  it('change a port on the page of its device', () => {
    const client = new QueryClient()
    client.setQueryData(deviceKeys.part('d1', 'interfaces'), [port({ id: 'p1' }), port({ id: 'p2' })])
    onDeviceEvents([event({ type: 'interface.status_changed', subject: { type: 'interface', id: 'p2', name: 'Gi' }, data: { device_id: 'd1', oper_status: 'down' } })], client)
    expect(client.getQueryData<Interface[]>(deviceKeys.part('d1', 'interfaces'))?.map((p) => p.oper_status)).toEqual(['up', 'down'])
  })
})

it('asks in half the period, within bounds', () => expect([undefined, 1, 20, 300].map(refreshEvery)).toEqual([30_000, 5000, 10_000, 30_000]))
it('asks for about a point a pixel, but never between two polls', () => {
  expect([3_600_000, 86_400_000, 30 * 86_400_000].map((ms) => stepFor({ from: 0, to: ms }, 5))).toEqual([10, 300, 7200])
  expect([stepFor({ from: 0, to: 900_000 }, 60), stepFor({ from: 0, to: 900_000 }, 45)]).toEqual([60, 60])
})

it('reads sites as a tree, and does not lose one whose parent is out of sight', () => {
  const site = (id: string, parent_id: string | null) => ({ id, name: id, parent_id }) as Site
  expect(siteTree([site('lyon', null), site('b2', 'lyon'), site('lost', 'elsewhere')]).map((n) => [n.path, n.depth])).toEqual([['lyon', 0], ['lyon / b2', 1], ['lost', 0]])
})
