import type { Graph, GraphLink, GraphNode } from './types'

/** A made-up campus for tests: sites with two edges, two cores, servers, buildings of distribution pairs, access switches and their access points. */
export function campus(sites: number, size: (site: number) => { buildings: number, access: number, leaves: number, servers?: number }): Graph {
  const nodes: GraphNode[] = []
  const links: GraphLink[] = []
  const random = seeded(7)
  const node = (id: string, role: string, site: string, building: string | null) => {
    nodes.push({ id, label: id, role, kind: 'device', site, building, x: null, y: null, pinned: false })
    return id
  }
  const link = (a: string, b: string) => links.push({ id: `${a}~${b}~${links.length}`, a, b })
  const edges: string[][] = []
  for (let s = 0; s < sites; s++) {
    const site = `site-${s + 1}`
    const { buildings, access, leaves, servers = 4 } = size(s)
    const pair = (kind: string, role: string, building: string | null) => [1, 2].map(n => node(`${site}-${kind}-${n}`, role, site, building))
    const edge = pair('rt', 'router', null)
    const core = pair('core', 'core', null)
    edges.push(edge)
    for (const e of edge) for (const c of core) link(e, c)
    link(core[0]!, core[1]!)
    link(core[0]!, core[1]!)
    for (let n = 1; n <= servers; n++) link(node(`${site}-srv-${n}`, 'server', site, null), core[n % 2]!)
    for (let b = 1; b <= buildings; b++) {
      const building = s % 2 === 0 ? `Building ${b}` : null
      const dist = pair(`b${b}-dist`, 'distribution', building)
      link(dist[0]!, dist[1]!)
      for (const d of dist) for (const c of core) link(c, d)
      for (let a = 1; a <= access; a++) {
        const sw = node(`${site}-b${b}-acc-${a}`, 'access', site, building)
        for (const d of dist) link(d, sw)
        const count = Math.floor(random() * (2 * leaves + 1))
        for (let l = 1; l <= count; l++) link(node(`${site}-b${b}-a${a}-ap-${l}`, 'access_point', site, null), sw)
      }
    }
  }
  for (let s = 1; s < sites; s++) {
    link(edges[0]![0]!, edges[s]![0]!)
    link(edges[Math.floor(s / 2)]![1]!, edges[s]![1]!)
  }
  return { nodes, links }
}

/** The same graph in another order. */
export function shuffled(graph: Graph, seed: number): Graph {
  const random = seeded(seed)
  const mix = <T>(list: readonly T[]) => list.map(value => ({ value, rank: random() })).sort((p, q) => p.rank - q.rank).map(entry => entry.value)
  return { nodes: mix(graph.nodes), links: mix(graph.links).map((link, n) => (n % 2 ? link : { ...link, a: link.b, b: link.a })) }
}

export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
