import { naturalKey } from './natural'
import { inferTiers, isServer } from './tiers'
import type { Graph } from './types'

/** The graph in an order of its own (natural by label, then id), as arrays: the answer cannot depend on the order of the input. */
export interface Model {
  size: number
  /** Index in the input of node i. */
  inputOf: Int32Array
  key: string[]
  tier: Uint8Array
  server: Uint8Array
  site: Int32Array
  siteNames: string[]
  building: (string | null)[]
  /** Links with two known, different ends, sorted by their ends. */
  linkInput: Int32Array
  a: Int32Array
  b: Int32Array
  /** Neighbours of node i: `next[first[i] … first[i + 1])`, parallel links repeated. */
  first: Int32Array
  next: Int32Array
}

export function buildModel(graph: Graph): Model {
  const size = graph.nodes.length
  const keys = graph.nodes.map(node => naturalKey(node.label) + '\u0000' + node.id)
  const order = Array.from({ length: size }, (_, i) => i).sort((p, q) => compare(keys[p]!, keys[q]!))
  const indexOf = new Map<string, number>()
  order.forEach((input, i) => indexOf.set(graph.nodes[input]!.id, i))

  const links = sortedLinks(graph, indexOf)
  const { first, next } = adjacency(size, links.a, links.b)
  const sorted = order.map(input => graph.nodes[input]!)
  const siteOf = adoptSites(sorted, first, next)
  const siteNames = [...new Set(siteOf)].sort((p, q) => compare(naturalKey(p), naturalKey(q)))
  const siteIndex = new Map(siteNames.map((name, i) => [name, i]))
  return {
    size,
    inputOf: Int32Array.from(order),
    key: order.map(input => keys[input]!),
    tier: inferTiers(sorted.map(node => node.role), first, next),
    server: Uint8Array.from(sorted, node => (isServer(node.role) ? 1 : 0)),
    site: Int32Array.from(siteOf, name => siteIndex.get(name)!),
    siteNames,
    building: sorted.map(node => node.building),
    linkInput: links.input,
    a: links.a,
    b: links.b,
    first,
    next,
  }
}

export function compare(p: string, q: string): number {
  return p < q ? -1 : p > q ? 1 : 0
}

function sortedLinks(graph: Graph, indexOf: Map<string, number>) {
  const known: { input: number, a: number, b: number, id: string }[] = []
  graph.links.forEach((link, input) => {
    const a = indexOf.get(link.a)
    const b = indexOf.get(link.b)
    if (a === undefined || b === undefined || a === b) return
    known.push({ input, a: Math.min(a, b), b: Math.max(a, b), id: link.id })
  })
  known.sort((p, q) => p.a - q.a || p.b - q.b || compare(p.id, q.id))
  return {
    input: Int32Array.from(known, link => link.input),
    a: Int32Array.from(known, link => link.a),
    b: Int32Array.from(known, link => link.b),
  }
}

function adjacency(size: number, a: Int32Array, b: Int32Array) {
  const first = new Int32Array(size + 1)
  for (let i = 0; i < a.length; i++) {
    first[a[i]! + 1]!++
    first[b[i]! + 1]!++
  }
  for (let i = 0; i < size; i++) first[i + 1]! += first[i]!
  const fill = first.slice()
  const next = new Int32Array(a.length * 2)
  for (let i = 0; i < a.length; i++) {
    next[fill[a[i]!]!++] = b[i]!
    next[fill[b[i]!]!++] = a[i]!
  }
  return { first, next }
}

/** What is known only from its neighbours lives where most of them live. */
function adoptSites(nodes: readonly { site: string | null, kind: string }[], first: Int32Array, next: Int32Array): string[] {
  return nodes.map((node, i) => {
    if (node.site !== null || node.kind === 'device') return node.site ?? ''
    const votes = new Map<string, number>()
    for (let e = first[i]!; e < first[i + 1]!; e++) {
      const site = nodes[next[e]!]!.site ?? ''
      votes.set(site, (votes.get(site) ?? 0) + 1)
    }
    const best = [...votes].sort((p, q) => q[1] - p[1] || compare(p[0], q[0]))[0]
    return best?.[0] ?? ''
  })
}
