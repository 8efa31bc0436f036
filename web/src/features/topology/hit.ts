import { ROUTE, type Rect } from './layout'
import { nodeSize } from './paint'
import type { Scene } from './scene'

const CELL = 128

/** Finds what lies under a point of the map: nodes by a grid, links by their boxes and then their legs. */
export class HitIndex {
  private readonly cells = new Map<number, number[]>()

  constructor(private readonly scene: Scene) {
    const { x, y } = scene.layout
    for (let i = 0; i < x.length; i++) {
      const key = keyOf(Math.floor(x[i]! / CELL), Math.floor(y[i]! / CELL))
      const list = this.cells.get(key)
      if (list) list.push(i)
      else this.cells.set(key, [i])
    }
  }

  /** The nearest node whose body, or `reach` map units around its centre, holds the point; -1 when none. */
  nodeAt(px: number, py: number, reach: number, k: number): number {
    const { x, y } = this.scene.layout
    let best = -1
    let least = Infinity
    const span = Math.max(reach, 24)
    for (const i of this.nodesIn({ x: px - span, y: py - span, w: 2 * span, h: 2 * span })) {
      const size = nodeSize(this.scene, i, k)
      const dx = Math.abs(x[i]! - px)
      const dy = Math.abs(y[i]! - py)
      if (dx > Math.max(size.w / 2, reach) || dy > Math.max(size.h / 2, reach)) continue
      const distance = Math.hypot(dx, dy)
      if (distance >= least) continue
      least = distance
      best = i
    }
    return best
  }

  /** The nearest link within `reach`; -1 when none. */
  linkAt(px: number, py: number, reach: number, withLeaves: boolean): number {
    const { scene } = this
    let best = -1
    let least = reach
    for (let l = 0; l < scene.links.length; l++) {
      const b = l * 4
      const bounds = scene.linkBounds
      if (px < bounds[b]! - reach || px > bounds[b + 2]! + reach || py < bounds[b + 1]! - reach || py > bounds[b + 3]! + reach) continue
      if (!withLeaves && scene.leafLink[l] === 1) continue
      const distance = this.distance(l, px, py)
      if (distance > least) continue
      least = distance
      best = l
    }
    return best
  }

  siteAt(px: number, py: number): number {
    return this.scene.layout.sites.findIndex(site => px >= site.x && px <= site.x + site.w && py >= site.y && py <= site.y + site.h)
  }

  nodesIn(view: Rect): number[] {
    const found: number[] = []
    for (let cx = Math.floor(view.x / CELL); cx <= Math.floor((view.x + view.w) / CELL); cx++) {
      for (let cy = Math.floor(view.y / CELL); cy <= Math.floor((view.y + view.h) / CELL); cy++) found.push(...this.cells.get(keyOf(cx, cy)) ?? [])
    }
    return found
  }

  private distance(l: number, px: number, py: number): number {
    const { kind, start, points } = this.scene.layout.routes
    const first = start[l]!
    if (start[l + 1]! - first < 4) return Infinity
    if (kind[l] === ROUTE.curve) return curveDistance(points.subarray(first, first + 4), px, py)
    let least = Infinity
    for (let p = first; p + 3 < start[l + 1]!; p += 2) least = Math.min(least, legDistance(points[p]!, points[p + 1]!, points[p + 2]!, points[p + 3]!, px, py))
    return least
  }
}

function keyOf(cx: number, cy: number): number {
  return cx * 1_000_003 + cy
}

function legDistance(x1: number, y1: number, x2: number, y2: number, px: number, py: number): number {
  const square = (x2 - x1) ** 2 + (y2 - y1) ** 2
  const t = square === 0 ? 0 : Math.max(0, Math.min(1, ((px - x1) * (x2 - x1) + (py - y1) * (y2 - y1)) / square))
  return Math.hypot(px - x1 - t * (x2 - x1), py - y1 - t * (y2 - y1))
}

function curveDistance(ends: Float32Array, px: number, py: number): number {
  const [x1, y1, x2, y2] = ends as unknown as [number, number, number, number]
  const middle = (y1 + y2) / 2
  let least = Infinity
  let [fx, fy] = [x1, y1]
  for (let step = 1; step <= 12; step++) {
    const t = step / 12
    const u = 1 - t
    const nx = u ** 3 * x1 + 3 * u * u * t * x1 + 3 * u * t * t * x2 + t ** 3 * x2
    const ny = u ** 3 * y1 + 3 * u * u * t * middle + 3 * u * t * t * middle + t ** 3 * y2
    least = Math.min(least, legDistance(fx, fy, nx, ny, px, py))
    fx = nx
    fy = ny
  }
  return least
}
