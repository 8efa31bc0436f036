/**
 * What falls with what, on the graph as it is known here. The anchors are the devices from which the rest is reached:
 * edge devices, else cores, else the best connected device of each part.
 */
export interface Adjacency {
  size: number
  first: Int32Array
  /** Neighbour and link of each edge, side by side. */
  next: Int32Array
  via: Int32Array
}

/** `linkNodes` holds the two node indices of each link; links with -1 are left out. */
export function adjacencyOf(size: number, linkNodes: Int32Array): Adjacency {
  const first = new Int32Array(size + 1)
  const known = (l: number) => linkNodes[2 * l]! >= 0 && linkNodes[2 * l + 1]! >= 0 && linkNodes[2 * l] !== linkNodes[2 * l + 1]
  const count = linkNodes.length / 2
  for (let l = 0; l < count; l++) {
    if (!known(l)) continue
    first[linkNodes[2 * l]! + 1]!++
    first[linkNodes[2 * l + 1]! + 1]!++
  }
  for (let i = 0; i < size; i++) first[i + 1]! += first[i]!
  const fill = first.slice()
  const next = new Int32Array(first[size]!)
  const via = new Int32Array(first[size]!)
  for (let l = 0; l < count; l++) {
    if (!known(l)) continue
    for (const end of [0, 1]) {
      const slot = fill[linkNodes[2 * l + end]!]!++
      next[slot] = linkNodes[2 * l + 1 - end]!
      via[slot] = l
    }
  }
  return { size, first, next, via }
}

export function anchorsOf(graph: Adjacency, tier: Uint8Array): number[] {
  const component = components(graph)
  const best = new Map<number, { rank: number, members: number[] }>()
  for (let i = 0; i < graph.size; i++) {
    const degree = graph.first[i + 1]! - graph.first[i]!
    if (degree === 0) continue
    const rank = tier[i]! <= 1 ? tier[i]! - 10 : -degree / 1e6
    const seen = best.get(component[i]!)
    if (!seen || rank < seen.rank) best.set(component[i]!, { rank, members: [i] })
    else if (rank === seen.rank && tier[i]! <= 1) seen.members.push(i)
  }
  return [...best.values()].flatMap(entry => entry.members)
}

function components(graph: Adjacency): Int32Array {
  const label = new Int32Array(graph.size).fill(-1)
  for (let start = 0; start < graph.size; start++) {
    if (label[start] !== -1) continue
    label[start] = start
    const stack = [start]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      for (let e = graph.first[node]!; e < graph.first[node + 1]!; e++) {
        if (label[graph.next[e]!] !== -1) continue
        label[graph.next[e]!] = start
        stack.push(graph.next[e]!)
      }
    }
  }
  return label
}

/** Nodes that lose every way to an anchor when `without` dies, in rising order; itself is not among them. */
export function impactOf(graph: Adjacency, anchors: readonly number[], without: { node?: number, link?: number }): number[] {
  const before = reached(graph, anchors, {})
  const after = reached(graph, anchors, without)
  const lost: number[] = []
  for (let i = 0; i < graph.size; i++) if (before[i] === 1 && after[i] === 0 && i !== without.node) lost.push(i)
  return lost
}

function reached(graph: Adjacency, anchors: readonly number[], without: { node?: number, link?: number }): Uint8Array {
  const seen = new Uint8Array(graph.size)
  const stack = anchors.filter(anchor => anchor !== without.node)
  for (const anchor of stack) seen[anchor] = 1
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (let e = graph.first[node]!; e < graph.first[node + 1]!; e++) {
      const other = graph.next[e]!
      if (seen[other] === 1 || other === without.node || graph.via[e] === without.link) continue
      seen[other] = 1
      stack.push(other)
    }
  }
  return seen
}

/**
 * How many nodes each node cuts off when it dies: articulation points of the graph with a root tied to all anchors
 * (Tarjan, without recursion). 0 for nodes whose loss costs nobody the way.
 */
export function cutSizes(graph: Adjacency, anchors: readonly number[]): Int32Array {
  const { size, first, next } = graph
  const order = new Int32Array(size + 1).fill(-1)
  const low = new Int32Array(size + 1)
  const weight = new Int32Array(size + 1).fill(1)
  const cut = new Int32Array(size)
  const anchored = new Uint8Array(size)
  for (const anchor of anchors) anchored[anchor] = 1
  const root = size
  let clock = 0
  order[root] = low[root] = clock++
  // The root's only edges lead to the anchors; its own weight never counts.
  for (const start of anchors) {
    if (order[start] !== -1) continue
    const stack = [{ node: start, from: root, edge: first[start]! }]
    order[start] = low[start] = clock++
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const { node, from } = top
      if (anchored[node] === 1) low[node] = Math.min(low[node]!, order[root]!)
      if (top.edge < first[node + 1]!) {
        const other = next[top.edge++]!
        if (order[other] === -1) {
          order[other] = low[other] = clock++
          stack.push({ node: other, from: node, edge: first[other]! })
        } else if (other !== from) low[node] = Math.min(low[node]!, order[other]!)
        continue
      }
      stack.pop()
      if (from === root) continue
      low[from] = Math.min(low[from]!, low[node]!)
      weight[from]! += weight[node]!
      if (low[node]! >= order[from]!) cut[from]! += weight[node]!
    }
  }
  return cut
}

/** The way of fewest hops from `from` to `to`, over links that are up first: nodes in order and the links between them. */
export function pathBetween(graph: Adjacency, from: number, to: number, isDown: (link: number) => boolean): { nodes: number[], links: number[] } | null {
  for (const strict of [true, false]) {
    const backNode = new Int32Array(graph.size).fill(-1)
    const backLink = new Int32Array(graph.size).fill(-1)
    backNode[from] = from
    let wave = [from]
    while (wave.length > 0 && backNode[to] === -1) {
      const following: number[] = []
      for (const node of wave) {
        for (let e = graph.first[node]!; e < graph.first[node + 1]!; e++) {
          const other = graph.next[e]!
          if (backNode[other] !== -1 || (strict && isDown(graph.via[e]!))) continue
          backNode[other] = node
          backLink[other] = graph.via[e]!
          following.push(other)
        }
      }
      wave = following
    }
    if (backNode[to] === -1) continue
    const nodes = [to]
    const links: number[] = []
    for (let node = to; node !== from; node = backNode[node]!) {
      links.unshift(backLink[node]!)
      nodes.unshift(backNode[node]!)
    }
    return { nodes, links }
  }
  return null
}
