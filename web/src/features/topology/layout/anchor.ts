import type { Blocks } from './blocks'
import { boxesOf, footprint } from './boxes'
import type { Model } from './model'
import { SPACE, type Graph, type Rect } from './types'

/**
 * Puts kept places over fresh ones. Known nodes stay where they are; a new one stands at its parent's place plus the
 * offset the fresh layout gives, or in the nearest free spot where its block grows into no other.
 */
export function anchor(model: Model, blocks: Blocks, graph: Graph, keep: boolean, x: Float32Array, y: Float32Array) {
  const kept = new Uint8Array(model.size)
  for (let i = 0; i < model.size; i++) {
    const node = graph.nodes[model.inputOf[i]!]!
    if (node.x === null || node.y === null || !(keep || node.pinned)) continue
    kept[i] = 1
  }
  const fresh = { x: x.slice(), y: y.slice() }
  for (let i = 0; i < model.size; i++) {
    if (kept[i] === 0) continue
    const node = graph.nodes[model.inputOf[i]!]!
    x[i] = node.x!
    y[i] = node.y!
  }
  // Tidy lays everything out again: only pins stand, nothing follows them.
  if (!keep || !kept.includes(1) || !kept.includes(0)) return
  const spots = new Spots(model, blocks, kept, x, y)
  moveNewSites(model, kept, x, y, fresh)
  for (const i of newcomers(model, kept)) {
    const from = anchorOf(model, blocks, i, kept)
    if (from < 0) {
      kept[i] = 1
      spots.take(i, x[i]!, y[i]!)
      continue
    }
    const wanted = { x: x[from]! + fresh.x[i]! - fresh.x[from]!, y: y[from]! + fresh.y[i]! - fresh.y[from]! }
    const spot = spots.nearest(i, wanted)
    x[i] = spot.x
    y[i] = spot.y
    kept[i] = 1
    spots.take(i, spot.x, spot.y)
  }
}

/** From the core outwards, so that a parent always stands before its children. */
function newcomers(model: Model, kept: Uint8Array): number[] {
  const list: number[] = []
  for (let i = 0; i < model.size; i++) if (kept[i] === 0) list.push(i)
  return list.sort((p, q) => model.tier[p]! - model.tier[q]! || p - q)
}

/** The parent; without one, the first placed node of the same block, then of the same site. */
function anchorOf(model: Model, blocks: Blocks, i: number, kept: Uint8Array): number {
  const parent = blocks.parent[i]!
  if (parent >= 0 && kept[parent] === 1) return parent
  const block = blocks.blockOf[i]!
  const mates = block >= 0 ? blocks.groups[block]!.members : []
  const mate = mates.find(other => kept[other] === 1)
  if (mate !== undefined) return mate
  for (let other = 0; other < model.size; other++) if (kept[other] === 1 && model.site[other] === model.site[i]) return other
  return -1
}

/** A site nobody has seen before stands below everything, laid out afresh. */
function moveNewSites(model: Model, kept: Uint8Array, x: Float32Array, y: Float32Array, fresh: { x: Float32Array, y: Float32Array }) {
  let bottom = -Infinity
  let left = Infinity
  const seen = new Set<number>()
  for (let i = 0; i < model.size; i++) {
    if (kept[i] === 0) continue
    seen.add(model.site[i]!)
    bottom = Math.max(bottom, y[i]!)
    left = Math.min(left, x[i]!)
  }
  for (let site = 0; site < model.siteNames.length; site++) {
    if (seen.has(site)) continue
    const own: number[] = []
    for (let i = 0; i < model.size; i++) if (model.site[i] === site) own.push(i)
    const top = Math.min(...own.map(i => fresh.y[i]!))
    const start = Math.min(...own.map(i => fresh.x[i]!))
    for (const i of own) {
      x[i] = fresh.x[i]! - start + left
      y[i] = fresh.y[i]! - top + bottom + SPACE.siteGap + 100
      kept[i] = 1
    }
    bottom = Math.max(...own.map(i => y[i]!))
  }
}

const CELL = 64

/** What is taken, in a grid, and the blocks that a newcomer must not grow into. */
class Spots {
  private readonly cells = new Map<number, number[]>()
  private readonly rects: (Rect | null)[]

  constructor(private readonly model: Model, private readonly blocks: Blocks, kept: Uint8Array, private readonly x: Float32Array, private readonly y: Float32Array) {
    for (let i = 0; i < model.size; i++) if (kept[i] === 1) this.note(i)
    this.rects = boxesOf(model, blocks, x, y, kept).blockRects
  }

  take(i: number, x: number, y: number) {
    this.note(i)
    const block = this.blocks.blockOf[i]!
    if (block >= 0) this.rects[block] = grown(this.rects[block] ?? null, this.footprint(i, x, y))
  }

  /** The wanted place if free, else the next one to the right, left or below. */
  nearest(i: number, wanted: { x: number, y: number }): { x: number, y: number } {
    const step = this.model.tier[i] === 4 ? SPACE.leaf : SPACE.accessColumn
    const drop = this.model.tier[i] === 4 ? SPACE.leaf : SPACE.row
    let free: { x: number, y: number } | null = null
    for (let ring = 0; ring < 24; ring++) {
      for (let column = -ring; column <= ring; column++) {
        const rows = Math.abs(column) === ring ? Array.from({ length: ring + 1 }, (_, row) => row) : [ring]
        for (const row of rows) {
          const spot = { x: wanted.x + column * step, y: wanted.y + row * drop }
          if (this.taken(i, spot.x, spot.y)) continue
          if (!this.intrudes(i, spot.x, spot.y)) return spot
          free ??= spot
        }
      }
    }
    return free ?? wanted
  }

  private taken(i: number, x: number, y: number): boolean {
    const reach = this.model.tier[i] === 4 ? 22 : 44
    for (let cx = Math.floor((x - reach) / CELL); cx <= Math.floor((x + reach) / CELL); cx++) {
      for (let cy = Math.floor((y - reach) / CELL); cy <= Math.floor((y + reach) / CELL); cy++) {
        for (const other of this.cells.get(cellKey(cx, cy)) ?? []) {
          if (Math.abs(this.x[other]! - x) < reach && Math.abs(this.y[other]! - y) < Math.min(reach, 30)) return true
        }
      }
    }
    return false
  }

  private intrudes(i: number, x: number, y: number): boolean {
    const block = this.blocks.blockOf[i]!
    const mine = block >= 0 ? grown(this.rects[block] ?? null, this.footprint(i, x, y)) : { x: x - 40, y: y - 20, w: 80, h: 54 }
    return this.rects.some((other, n) => other !== null && n !== block && overlap(mine, other, 12))
  }

  private footprint(i: number, x: number, y: number): Rect {
    return footprint(this.model, i, this.blocks.groups[this.blocks.blockOf[i]!]!.loose, x, y)
  }

  private note(i: number) {
    const key = cellKey(Math.floor(this.x[i]! / CELL), Math.floor(this.y[i]! / CELL))
    const list = this.cells.get(key)
    if (list) list.push(i)
    else this.cells.set(key, [i])
  }
}

function cellKey(cx: number, cy: number): number {
  return cx * 1_000_003 + cy
}

function grown(rect: Rect | null, around: Rect): Rect {
  if (!rect) return around
  const x = Math.min(rect.x, around.x)
  const y = Math.min(rect.y, around.y)
  return { x, y, w: Math.max(rect.x + rect.w, around.x + around.w) - x, h: Math.max(rect.y + rect.h, around.y + around.h) - y }
}

function overlap(p: Rect, q: Rect, gap: number): boolean {
  return p.x < q.x + q.w + gap && q.x < p.x + p.w + gap && p.y < q.y + q.h + gap && q.y < p.y + p.h + gap
}
