import type { Adjacency } from './analysis'
import { NODE_BAND, type Scene } from './scene'

export type Direction = 'left' | 'right' | 'up' | 'down'
const VECTOR = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] } as const

/**
 * The node an arrow key leads to: along a link when one goes that way, otherwise the nearest node lying there.
 * -1 when nothing lies that way.
 */
export function stepTo(scene: Scene, graph: Adjacency, from: number, direction: Direction): number {
  const linked: number[] = []
  for (let e = graph.first[from]!; e < graph.first[from + 1]!; e++) linked.push(graph.next[e]!)
  const along = nearest(scene, from, linked, direction, 1.1)
  return along >= 0 ? along : nearest(scene, from, scene.layout.x.keys(), direction, 0.9)
}

/** The candidate with the best mix of distance and straightness inside a cone of `angle` radians to each side. */
function nearest(scene: Scene, from: number, candidates: Iterable<number>, direction: Direction, angle: number): number {
  const { x, y } = scene.layout
  const [vx, vy] = VECTOR[direction]
  let best = -1
  let least = Infinity
  for (const i of candidates) {
    if (i === from) continue
    const dx = x[i]! - x[from]!
    const dy = y[i]! - y[from]!
    const off = Math.abs(Math.atan2(dx * vy - dy * vx, dx * vx + dy * vy))
    if (off > angle) continue
    const cost = Math.hypot(dx, dy) * (1 + 2 * off)
    if (cost >= least) continue
    least = cost
    best = i
  }
  return best
}

/** Troubled nodes, the worst first, then as they lie from left to right. */
export function problems(scene: Scene): number[] {
  const rank: Record<number, number> = { [NODE_BAND.bad]: 0, [NODE_BAND.warn]: 1, [NODE_BAND.behind]: 2 }
  const { x, tier } = scene.layout
  return [...scene.nodeBand.keys()]
    .filter(i => rank[scene.nodeBand[i]!] !== undefined)
    .sort((p, q) => rank[scene.nodeBand[p]!]! - rank[scene.nodeBand[q]!]! || tier[p]! - tier[q]! || x[p]! - x[q]!)
}
