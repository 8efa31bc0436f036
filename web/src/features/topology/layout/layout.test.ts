import { describe, expect, it } from 'vitest'
import { campus, seeded, shuffled } from './campus.fixture'
import { layOut, ROUTE, type Graph, type GraphNode, type Layout, type Rect } from './index'

const options = { aspect: 1.6, keep: true }
const small = campus(3, s => ({ buildings: 3 - s, access: 4, leaves: 4 }))

describe('layOut', () => {
  it.each([
    ['171', campus(3, s => ({ buildings: s === 0 ? 3 : 2, access: 4, leaves: 4 }))],
    ['1,915', campus(11, () => ({ buildings: 5, access: 5, leaves: 5 }))],
    ['9,807', campus(30, () => ({ buildings: 9, access: 5, leaves: 6 }))],
  ])('lays out about %s nodes without boxes overlapping or links crossing foreign boxes', (_, graph) => {
    layOut(graph, options)
    const start = performance.now()
    const layout = layOut(graph, options)
    const took = performance.now() - start
    console.info(`layout: ${graph.nodes.length} nodes, ${graph.links.length} links, ${Math.round(took)} ms`)
    expect(overlaps(layout.sites)).toEqual([])
    expect(overlaps(layout.blocks)).toEqual([])
    expect(intrusions(graph, layout)).toEqual([])
    expect(strays(layout)).toEqual([])
    expect(took).toBeLessThan(2000)
  })

  it('answers the same whatever the order of the input', () => {
    const expected = places(small, layOut(small, options))
    for (const seed of [1, 2, 3]) {
      const other = shuffled(small, seed)
      expect(places(other, layOut(other, options))).toEqual(expected)
    }
  })

  it('stands edge over core over distribution over access over access points', () => {
    const layout = layOut(small, options)
    const y = (id: string) => layout.y[small.nodes.findIndex(node => node.id === id)]!
    const rows = ['site-1-rt-1', 'site-1-core-1', 'site-1-b1-dist-1', 'site-1-b1-acc-1'].map(y)
    expect(rows).toEqual([...rows].sort((p, q) => p - q))
    expect(new Set(rows).size).toBe(4)
  })

  it('finds blocks by uplinks where no building is known', () => {
    const graph = campus(2, () => ({ buildings: 3, access: 3, leaves: 2 }))
    const layout = layOut(graph, options)
    const block = (id: string) => layout.block[graph.nodes.findIndex(node => node.id === id)]
    expect(block('site-2-b1-dist-1')).toBe(block('site-2-b1-dist-2'))
    expect(block('site-2-b1-acc-3')).toBe(block('site-2-b1-dist-1'))
    expect(block('site-2-b2-acc-3')).not.toBe(block('site-2-b1-dist-1'))
    expect(block('site-2-core-1')).toBe(-1)
  })

  it('leaves no two nodes in one place', () => {
    const layout = layOut(small, options)
    expect(new Set(small.nodes.map((_, i) => `${layout.x[i]} ${layout.y[i]}`)).size).toBe(small.nodes.length)
  })

  it('takes any graph: random links, no roles, no sites, islands, lone devices', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const graph = randomGraph(seed)
      const layout = layOut(graph, options)
      expect(overlaps(layout.sites), `sites, seed ${seed}`).toEqual([])
      expect(overlaps(layout.blocks), `blocks, seed ${seed}`).toEqual([])
      expect(intrusions(graph, layout), `links, seed ${seed}`).toEqual([])
      expect(layout.x.every(Number.isFinite)).toBe(true)
    }
  })

  it('answers for nothing, one node, unknown ends and links to oneself', () => {
    expect(layOut({ nodes: [], links: [] }, options).sites).toEqual([])
    const one: Graph = { nodes: [bare('a')], links: [{ id: 'l', a: 'a', b: 'a' }, { id: 'm', a: 'a', b: 'gone' }] }
    const layout = layOut(one, options)
    expect(layout.routes.points).toHaveLength(0)
    expect(layout.sites).toHaveLength(1)
  })

  it('keeps places the server knows and stands a newcomer near its parent, on a free spot of its own', () => {
    const known = kept(small, layOut(small, options))
    const newcomer: GraphNode = { ...bare('site-1-b1-a1-ap-new'), role: 'access_point', site: 'site-1' }
    const grown = { nodes: [...known.nodes, newcomer], links: [...known.links, { id: 'new', a: newcomer.id, b: 'site-1-b1-acc-1' }] }
    const layout = layOut(grown, options)
    known.nodes.forEach((node, i) => expect([layout.x[i], layout.y[i]]).toEqual([node.x, node.y]))
    const parent = grown.nodes.findIndex(node => node.id === 'site-1-b1-acc-1')
    const own = grown.nodes.length - 1
    expect(Math.hypot(layout.x[own]! - layout.x[parent]!, layout.y[own]! - layout.y[parent]!)).toBeLessThan(260)
    const nearest = Math.min(...known.nodes.map((_, i) => Math.hypot(layout.x[i]! - layout.x[own]!, layout.y[i]! - layout.y[own]!)))
    expect(nearest).toBeGreaterThan(20)
    expect(overlaps(layout.blocks)).toEqual([])
  })

  it('stands a new access switch without growing its block into another', () => {
    const known = kept(small, layOut(small, options))
    const extra = ['site-1-b1-acc-90', 'site-1-b1-acc-91'].map(id => ({ ...bare(id), role: 'access', site: 'site-1', building: 'Building 1' }))
    const links = extra.flatMap(node => [1, 2].map(n => ({ id: `${node.id}${n}`, a: node.id, b: `site-1-b1-dist-${n}` })))
    const graph = { nodes: [...known.nodes, ...extra], links: [...known.links, ...links] }
    const layout = layOut(graph, options)
    expect(overlaps(layout.blocks)).toEqual([])
    expect(overlaps(layout.sites)).toEqual([])
  })

  it('places a new site below what is known', () => {
    const known = kept(small, layOut(small, options))
    const second = campus(4, () => ({ buildings: 1, access: 2, leaves: 1 }))
    const nodes = second.nodes.filter(node => node.site === 'site-4')
    const graph = { nodes: [...known.nodes, ...nodes], links: [...known.links, ...second.links.filter(link => link.a.startsWith('site-4') && link.b.startsWith('site-4'))] }
    const layout = layOut(graph, options)
    expect(overlaps(layout.sites)).toEqual([])
    expect(layout.sites).toHaveLength(4)
  })

  it('lets pins win over Tidy, and forgets other places then', () => {
    const known = kept(small, layOut(small, options))
    const nodes = known.nodes.map((node, i) => (i === 5 ? { ...node, x: 4321, y: -77, pinned: true } : { ...node, x: node.x! + 999 }))
    const layout = layOut({ nodes, links: known.links }, { ...options, keep: false })
    expect([layout.x[5], layout.y[5]]).toEqual([4321, -77])
    expect(layout.x[0]).toBe(known.nodes[0]!.x)
  })

  it('draws parallel cables apart and rows with something between as arcs', () => {
    const layout = layOut(small, options)
    const pair = small.links.flatMap((link, i) => (link.a === 'site-1-core-1' && link.b === 'site-1-core-2' ? [i] : []))
    expect(pair).toHaveLength(2)
    const [first, second] = pair.map(i => [...layout.routes.points.slice(layout.routes.start[i], layout.routes.start[i + 1])])
    expect(Math.abs(first![1]! - second![1]!)).toBe(5)
    expect(layout.routes.kind.includes(ROUTE.arc)).toBe(true)
    expect(layout.routes.kind.includes(ROUTE.path)).toBe(true)
  })
})

function bare(id: string): GraphNode {
  return { id, label: id, role: null, kind: 'device', site: null, building: null, x: null, y: null, pinned: false }
}

function kept(graph: Graph, layout: Layout): Graph {
  return { nodes: graph.nodes.map((node, i) => ({ ...node, x: layout.x[i]!, y: layout.y[i]! })), links: graph.links }
}

function places(graph: Graph, layout: Layout) {
  return Object.fromEntries(graph.nodes.map((node, i) => [node.id, [layout.x[i], layout.y[i]]]).sort((p, q) => (p[0]! < q[0]! ? -1 : 1)))
}

function overlaps(boxes: readonly Rect[]): string[] {
  const found: string[] = []
  boxes.forEach((p, i) => boxes.slice(i + 1).forEach((q, j) => {
    if (p.x < q.x + q.w && q.x < p.x + p.w && p.y < q.y + q.h && q.y < p.y + p.h) found.push(`${i} and ${i + 1 + j}`)
  }))
  return found
}

/** Nodes outside the box they belong to. */
function strays(layout: Layout): number[] {
  const inside = (i: number, box: Rect) => layout.x[i]! > box.x && layout.x[i]! < box.x + box.w && layout.y[i]! > box.y && layout.y[i]! < box.y + box.h
  return [...layout.x.keys()].filter(i => !inside(i, layout.sites[layout.site[i]!]!) || (layout.block[i]! >= 0 && !inside(i, layout.blocks[layout.block[i]!]!)))
}

/** Legs of routed links that enter a block or a site neither end belongs to. */
function intrusions(graph: Graph, layout: Layout): string[] {
  const index = new Map(graph.nodes.map((node, i) => [node.id, i]))
  const { kind, start, points } = layout.routes
  const found: string[] = []
  graph.links.forEach((link, l) => {
    const a = index.get(link.a)
    const b = index.get(link.b)
    if (a === undefined || b === undefined || kind[l] !== ROUTE.path) return
    const blocks = layout.blocks.filter((_, n) => n !== layout.block[a] && n !== layout.block[b])
    const sites = layout.sites.filter((_, n) => n !== layout.site[a] && n !== layout.site[b])
    for (let p = start[l]!; p + 3 < start[l + 1]!; p += 2) {
      const [x1, y1, x2, y2] = points.slice(p, p + 4) as unknown as [number, number, number, number]
      if (Math.abs(x1 - x2) > 0.01 && Math.abs(y1 - y2) > 0.01) found.push(`${link.id} leaves the axes`)
      const hit = [...blocks, ...sites].some(box => Math.max(x1, x2) > box.x + 1.5 && Math.min(x1, x2) < box.x + box.w - 1.5 && Math.max(y1, y2) > box.y + 1.5 && Math.min(y1, y2) < box.y + box.h - 1.5)
      if (hit) found.push(`${link.id} at ${x1} ${y1} ${x2} ${y2}`)
    }
  })
  return found
}

function randomGraph(seed: number): Graph {
  const random = seeded(seed)
  const roles = ['core', 'distribution', 'access', 'router', 'server', 'access_point', 'other', null]
  const sites = [null, 'North', 'South', 'East']
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!
  const size = 5 + Math.floor(random() * 120)
  const nodes = Array.from({ length: size }, (_, n) => ({ ...bare(`n${n}`), role: pick(roles), site: pick(sites), building: random() < 0.2 ? pick(['A', 'B']) : null }))
  const links = Array.from({ length: Math.floor(size * random() * 2) }, (_, n) => ({ id: `l${n}`, a: pick(nodes).id, b: pick(nodes).id }))
  return { nodes, links }
}
