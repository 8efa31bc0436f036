import { describe, expect, it } from 'vitest'
import type { Topology } from '@/api/models'
import { applyTopologyFrame } from './topologyPatch'

const topology = { nodes: [{ id: 'a', status: 'up' }, { id: 'b', status: 'up' }], links: [{ id: 'l', status: 'up' }], computed_at: 't', folded: false } as unknown as Topology

describe('applyTopologyFrame', () => {
  it('patches by place and by id, leaving the rest as it was', () => {
    const patch = [{ op: 'replace' as const, path: '/nodes/1/status', value: 'down' }, { op: 'replace' as const, path: '/links/l/status', value: 'down' }]
    const next = applyTopologyFrame(topology, { type: 'topology_patch', patch })
    expect(next?.nodes[1]?.status).toBe('down')
    expect(next?.links[0]?.status).toBe('down')
    expect(next?.nodes[0]).toBe(topology.nodes[0])
    expect(topology.nodes[1]?.status).toBe('up')
  })
  it('takes a whole topology, and operations in data', () => {
    expect(applyTopologyFrame(topology, { type: 'topology', data: { nodes: [], links: [] } })?.nodes).toEqual([])
    expect(applyTopologyFrame(topology, { type: 'topology_patch', data: [{ op: 'remove', path: '/links/0' }] })?.links).toEqual([])
  })
  it('appends what is new by id', () => {
    const next = applyTopologyFrame(topology, { type: 'topology_patch', patch: [{ op: 'add', path: '/nodes/c', value: { id: 'c' } }] })
    expect(next?.nodes.map(node => node.id)).toEqual(['a', 'b', 'c'])
  })
  it('gives up on what does not fit', () => {
    expect(applyTopologyFrame(topology, { type: 'topology_patch', patch: [{ op: 'remove', path: '/nodes/9' }] })).toBeNull()
  })
})
