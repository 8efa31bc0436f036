import type { Blocks } from './blocks'
import type { Boxes } from './boxes'
import { clear, corridor } from './corridor'
import type { Model } from './model'
import { ROUTE, SPACE, type Rect, type Routes } from './types'
import { WanRouter } from './wan'

const PARALLEL = 5

/** Finds a way for every link: inside a block by curves, from the core along the spine and the buses, between sites in the gutters. */
export function routeLinks(model: Model, blocks: Blocks, boxes: Boxes, x: Float32Array, y: Float32Array, linkCount: number): Routes {
  return new Router(model, blocks, boxes, x, y).run(linkCount)
}

interface SiteLanes {
  head: number[]
  /** Head nodes with links into blocks, from left to right; their place in it is their lane. */
  order: Map<number, number>
  spine: number
  rects: Rect[]
  verticals: number[]
}

class Router {
  private readonly lanes: SiteLanes[]
  private readonly wan: WanRouter
  private readonly rows = new Map<string, number[]>()

  constructor(private readonly model: Model, private readonly blocks: Blocks, private readonly boxes: Boxes, private readonly x: Float32Array, private readonly y: Float32Array) {
    this.lanes = model.siteNames.map((_, site) => this.lanesOf(site))
    this.wan = new WanRouter(boxes.sites)
    for (let i = 0; i < model.size; i++) {
      if (model.tier[i] === 4) continue
      const key = this.rowKey(i)
      const row = this.rows.get(key)
      if (row) row.push(x[i]!)
      else this.rows.set(key, [x[i]!])
    }
  }

  run(linkCount: number): Routes {
    const kind = new Uint8Array(linkCount)
    const walks = new Array<number[]>(linkCount)
    const { model } = this
    for (let first = 0; first < model.a.length;) {
      let after = first + 1
      while (after < model.a.length && model.a[after] === model.a[first] && model.b[after] === model.b[first]) after++
      const [shape, walk] = this.route(model.a[first]!, model.b[first]!)
      for (let link = first; link < after; link++) {
        const shift = (link - first - (after - first - 1) / 2) * PARALLEL
        kind[model.linkInput[link]!] = shape
        walks[model.linkInput[link]!] = shift === 0 ? walk : shifted(walk, shift)
      }
      first = after
    }
    return pack(kind, walks)
  }

  private route(a: number, b: number): [number, number[]] {
    const { model, blocks, x, y } = this
    if (model.site[a] !== model.site[b]) return [ROUTE.path, this.betweenSites(a, b)]
    if (blocks.blockOf[a] !== blocks.blockOf[b]) return [ROUTE.path, this.trunk(a, b)]
    const ends = [x[a]!, y[a]!, x[b]!, y[b]!]
    if (Math.abs(y[a]! - y[b]!) >= 8) return [ROUTE.curve, ends]
    return [this.between(a, b) ? ROUTE.arc : ROUTE.line, ends]
  }

  /** Along the spine: down the lane of the head node, across the bus above the shelf, down to the switch. */
  private trunk(a: number, b: number): number[] {
    const { blocks, x, y, model } = this
    const lanes = this.lanes[model.site[a]!]!
    if (blocks.blockOf[a] === -1) return this.fromHead(a, b, lanes)
    if (blocks.blockOf[b] === -1) return reversed(this.fromHead(b, a, lanes))
    const ya = this.bus(a, 0)
    const yb = this.bus(b, 0)
    const others = this.foreign(lanes, a, b)
    const walk = corridor(x[a]!, ya, x[b]!, yb, others, lanes.verticals, [], lanes.spine)
    return simplified([x[a]!, y[a]!, ...walk, x[b]!, y[b]!])
  }

  private fromHead(head: number, node: number, lanes: SiteLanes): number[] {
    const { x, y } = this
    const count = lanes.order.size
    const lane = lanes.order.get(head)! - (count - 1) / 2
    const spine = lanes.spine + lane * Math.min(28, (SPACE.spine - 24) / Math.max(1, count - 1))
    const drop = y[head]! + 30
    const bus = this.bus(node, lane * Math.min(8, 30 / Math.max(1, count - 1)))
    const end = x[node]! + lane * Math.min(9, 24 / Math.max(1, count - 1))
    const walk = corridor(x[head]!, drop, end, bus, this.foreign(lanes, head, node), lanes.verticals, [], spine)
    return simplified([x[head]!, y[head]!, ...walk, end, y[node]!])
  }

  private betweenSites(a: number, b: number): number[] {
    const from = this.wayOut(a)
    const to = this.wayOut(b)
    const walk = this.wan.between(this.model.site[a]!, this.model.site[b]!, from.at(-2)!, to.at(-2)!)
    return simplified([...from, ...walk, ...reversed(to)])
  }

  /** From a node to the top edge of its site: straight up when nothing stands above it, else along the spine. */
  private wayOut(i: number): number[] {
    const { x, y, model, boxes } = this
    const top = boxes.sites[model.site[i]!]!.y
    const lanes = this.lanes[model.site[i]!]!
    const up = [x[i]!, y[i]!, x[i]!, top]
    if (this.blocks.blockOf[i] === -1) {
      const covered = lanes.head.some(other => other !== i && y[other]! < y[i]! - 8 && Math.abs(x[other]! - x[i]!) < 40)
      return covered ? [x[i]!, y[i]!, x[i]!, y[i]! - 44, lanes.spine, y[i]! - 44, lanes.spine, top] : up
    }
    const bus = this.bus(i, 0)
    const others = this.foreign(lanes, i, i)
    if (clear([x[i]!, bus, x[i]!, top], others) && lanes.head.length === 0) return up
    const way = corridor(x[i]!, bus, lanes.spine, top, others, lanes.verticals, [], lanes.spine)
    return simplified([x[i]!, y[i]!, ...way])
  }

  private bus(node: number, offset: number): number {
    const block = this.boxes.blocks[this.blocks.blockOf[node]!]!
    return block.y - 26 + offset
  }

  private foreign(lanes: SiteLanes, a: number, b: number): Rect[] {
    const own = this.boxes.blocks[this.blocks.blockOf[a]!]
    const theirs = this.boxes.blocks[this.blocks.blockOf[b]!]
    return lanes.rects.filter(rect => rect !== own && rect !== theirs)
  }

  private lanesOf(site: number): SiteLanes {
    const { model, blocks, x, y } = this
    const head: number[] = []
    for (let i = 0; i < model.size; i++) if (model.site[i] === site && blocks.blockOf[i] === -1) head.push(i)
    head.sort((p, q) => x[p]! - x[q]! || y[p]! - y[q]! || p - q)
    const rects = this.boxes.blocks.filter(block => block.site === site && block.w > 0)
    const box = this.boxes.sites[site]!
    const core = head.filter(i => model.server[i] === 0 && model.tier[i] === 1)
    const middle = (core.length > 0 ? core : head.filter(i => model.server[i] === 0)).map(i => x[i]!)
    const spine = middle.length > 0 ? (Math.min(...middle) + Math.max(...middle)) / 2 : spineBetween(rects, box)
    const verticals = new Set<number>([box.x + 10, box.x + box.w - 10])
    for (const rect of rects) verticals.add(rect.x - 14).add(rect.x + rect.w + 14)
    const trunks = head.filter(i => this.hasTrunk(i))
    return { head, order: new Map(trunks.map((i, n) => [i, n])), spine, rects, verticals: [...verticals].sort((p, q) => Math.abs(p - spine) - Math.abs(q - spine) || p - q) }
  }

  private hasTrunk(i: number): boolean {
    const { model, blocks } = this
    for (let e = model.first[i]!; e < model.first[i + 1]!; e++) {
      const other = model.next[e]!
      if (model.site[other] === model.site[i] && blocks.blockOf[other] !== -1) return true
    }
    return false
  }

  private rowKey(i: number): string {
    return `${this.model.site[i]} ${this.blocks.blockOf[i]} ${Math.round(this.y[i]! / 8)}`
  }

  private between(a: number, b: number): boolean {
    const left = Math.min(this.x[a]!, this.x[b]!) + 10
    const right = Math.max(this.x[a]!, this.x[b]!) - 10
    return (this.rows.get(this.rowKey(a)) ?? []).some(x => x > left && x < right)
  }
}

/** Without a head: the widest column free of blocks nearest to the middle, which a fresh layout leaves at its spine. */
function spineBetween(rects: readonly Rect[], box: Rect): number {
  const middle = box.x + box.w / 2
  const candidates = rects.flatMap(rect => [rect.x - SPACE.spine / 2, rect.x + rect.w + SPACE.spine / 2])
  const free = candidates.filter(v => clear([v, box.y, v, box.y + box.h], rects))
  return free.sort((p, q) => Math.abs(p - middle) - Math.abs(q - middle) || p - q)[0] ?? middle
}

function reversed(walk: number[]): number[] {
  const back: number[] = []
  for (let p = walk.length - 2; p >= 0; p -= 2) back.push(walk[p]!, walk[p + 1]!)
  return back
}

/** Drops points that repeat or lie on the line between their neighbours. */
function simplified(walk: number[]): number[] {
  const kept: number[] = []
  for (let p = 0; p < walk.length; p += 2) {
    const px = walk[p]!
    const py = walk[p + 1]!
    const n = kept.length
    if (n >= 2 && kept[n - 2] === px && kept[n - 1] === py) continue
    const straight = n >= 4 && ((kept[n - 4] === kept[n - 2] && kept[n - 2] === px) || (kept[n - 3] === kept[n - 1] && kept[n - 1] === py))
    if (straight) kept.length = n - 2
    kept.push(px, py)
  }
  return kept
}

/** The same walk a few units aside, for the next cable of a bundle. */
function shifted(walk: number[], by: number): number[] {
  const level = walk.length === 4 && Math.abs(walk[1]! - walk[3]!) < 8
  return walk.map((value, n) => value + (level ? (n % 2 === 1 ? by : 0) : n % 2 === 0 ? by : n === 1 || n === walk.length - 1 ? 0 : by))
}

function pack(kind: Uint8Array, walks: number[][]): Routes {
  const start = new Uint32Array(kind.length + 1)
  for (let link = 0; link < kind.length; link++) start[link + 1] = start[link]! + (walks[link]?.length ?? 0)
  const points = new Float32Array(start[kind.length]!)
  walks.forEach((walk, link) => points.set(walk, start[link]!))
  return { kind, start, points }
}
