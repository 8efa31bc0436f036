import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref, shallowRef } from 'vue'
import type { Topology } from '@/api/models'
import { campus } from './layout/campus.fixture'
import type { Colouring } from './scene'
import { LINK_BAND } from './scene'
import { useMapScene } from './useMapScene'

const seen = '2026-11-23T10:00:00.000Z'

function topologyOf(sites: number): Topology {
  const graph = campus(sites, () => ({ buildings: 2, access: 2, leaves: 1 }))
  const nodes = graph.nodes.map(node => ({
    id: node.id, device_id: node.id, name: node.label, kind: 'device', role: node.role, status: 'up', site: { id: node.site ?? '', name: node.site ?? '' },
    building: node.building ? { id: node.building, name: node.building } : null, address: null, vendor: null, model: null, x: null, y: null, pinned: false, alerts_active: 0,
  }))
  const links = graph.links.map(link => ({
    id: link.id, source: { node: link.a, interface: null, interface_name: null }, target: { node: link.b, interface: null, interface_name: null }, status: 'up', speed_bps: 1e9, utilisation_ratio: 0.05,
    source_to_target_bps: null, target_to_source_bps: null, errors_per_second: 0, confidence: 1, protocols: ['lldp'], evidence: [], first_seen: seen, last_seen: seen,
  }))
  return { nodes, links, computed_at: seen, folded: false }
}

describe('useMapScene', () => {
  const scope = { current: effectScope() }
  beforeEach(() => { vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }); scope.current = effectScope() })
  afterEach(() => { scope.current.stop(); vi.useRealTimers() })

  async function start(first = topologyOf(2)) {
    const topology = shallowRef<Topology | undefined>(first)
    const save = vi.fn()
    const map = scope.current.run(() => useMapScene({ topology, colouring: ref<Colouring>('use'), aspect: () => 1.6, save }))!
    await settled()
    return { topology, save, map }
  }
  const settled = async () => { for (let turn = 0; turn < 6; turn++) await nextTick() }
  const placeOf = (map: Awaited<ReturnType<typeof start>>['map'], id: string) => {
    const scene = map.scene.value!
    const i = scene.nodes.findIndex(node => node.id === id)
    return [scene.layout.x[i], scene.layout.y[i]]
  }

  it('keeps places of a graph that had none, once, and says that nobody asked for it', async () => {
    const { save, topology } = await start()
    await vi.advanceTimersByTimeAsync(5000)
    expect(save).toHaveBeenCalledTimes(1)
    expect(Object.keys(save.mock.calls[0]![0] as object)).toHaveLength(topology.value!.nodes.length)
    expect(save.mock.calls[0]![1]).toBe(false)
  })

  it('colours live changes without moving anything', async () => {
    const { topology, map } = await start()
    const layout = map.scene.value!.layout
    const links = topology.value!.links.map((link, l) => (l === 3 ? { ...link, status: 'down' } : l === 4 ? { ...link, utilisation_ratio: 0.95 } : link))
    topology.value = { ...topology.value!, links }
    await settled()
    expect(map.scene.value!.layout).toBe(layout)
    expect(map.scene.value!.linkBand[3]).toBe(LINK_BAND.down)
    expect(map.scene.value!.linkBand[4]).toBe(4)
    expect([...map.halos.keys()]).toEqual([3])
  })

  it('leaves known devices where they are when one appears', async () => {
    const { topology, map, save } = await start()
    const before = placeOf(map, 'site-1-b1-acc-1')
    const known = topology.value!
    const newcomer = { ...known.nodes.at(-1)!, id: 'new', name: 'site-1-b1-ap-new', role: 'access_point', site: known.nodes[0]!.site }
    const link = { ...known.links[0]!, id: 'new-link', source: { node: 'new', interface: null, interface_name: null }, target: { node: 'site-1-b1-acc-1', interface: null, interface_name: null } }
    topology.value = { ...known, nodes: [...known.nodes, newcomer], links: [...known.links, link] }
    await settled()
    expect(placeOf(map, 'site-1-b1-acc-1')).toEqual(before)
    await vi.advanceTimersByTimeAsync(5000)
    expect(save.mock.lastCall![0]).toHaveProperty('new')
  })

  it('pins what is dropped, keeps it by request, and gives it back on undo', async () => {
    const { map, save } = await start()
    await vi.advanceTimersByTimeAsync(5000)
    const node = map.scene.value!.nodes.findIndex(entry => entry.id === 'site-1-b1-acc-1')
    const before = placeOf(map, 'site-1-b1-acc-1')
    map.drag(node, 777, 888)
    const undo = map.pin(node)
    await settled()
    await vi.advanceTimersByTimeAsync(5000)
    expect(placeOf(map, 'site-1-b1-acc-1')).toEqual([777, 888])
    expect((save.mock.lastCall![0] as Record<string, unknown>)['site-1-b1-acc-1']).toEqual({ x: 777, y: 888, pinned: true })
    expect(save.mock.lastCall![1]).toBe(true)
    undo()
    await settled()
    expect(placeOf(map, 'site-1-b1-acc-1')).toEqual(before)
  })

  it('counts what a switch cuts off', async () => {
    const { map } = await start()
    const cut = (id: string) => map.cuts.value[map.scene.value!.nodes.findIndex(node => node.id === id)]
    expect(cut('site-1-b1-dist-1')).toBe(0)
    const leaves = topologyOf(2).links.filter(link => link.target.node === 'site-1-b1-acc-1' && link.source.node.includes('-ap-')).length
    expect(cut('site-1-b1-acc-1')).toBe(leaves)
  })
})
