import type { Blocks } from './blocks'
import { blockShape, type BlockShape } from './blockShape'
import { headShape } from './headShape'
import type { Model } from './model'
import { SPACE } from './types'

/** A whole site laid out around its spine (x = 0): places of its members and the box around them. */
interface SiteShape {
  nodes: number[]
  x: number[]
  y: number[]
  left: number
  top: number
  w: number
  h: number
}

/** Places every node afresh: site boxes in columns, each with its head on top and its blocks on shelves. */
export function placeFresh(model: Model, blocks: Blocks, aspect: number): { x: Float32Array, y: Float32Array } {
  const x = new Float32Array(model.size)
  const y = new Float32Array(model.size)
  const shapes = model.siteNames.map((_, site) => siteShape(model, blocks, site))
  const corners = packSites(shapes, aspect, site => model.siteNames[site] === '')
  shapes.forEach((shape, site) => {
    const corner = corners[site]!
    shape.nodes.forEach((node, n) => {
      x[node] = Math.round(corner.x + shape.x[n]! - shape.left)
      y[node] = Math.round(corner.y + shape.y[n]! - shape.top)
    })
  })
  return { x, y }
}

function siteShape(model: Model, blocks: Blocks, site: number): SiteShape {
  const head = headShape(model, blocks, site)
  const shape: SiteShape = { nodes: head.nodes, x: head.x, y: head.y, left: 0, top: 0, w: 0, h: 0 }
  const own = blocks.groups.filter(group => group.site === site).map(group => blockShape(model, blocks, group)).sort(byOrder)
  let left = head.left
  let right = head.right
  let bottom = head.nodes.length > 0 ? head.bottom : 0
  for (const shelf of shelves(own)) {
    const top = bottom + SPACE.bus
    for (const { block, at } of shelf) {
      block.nodes.forEach((node, n) => {
        shape.nodes.push(node)
        shape.x.push(at + block.x[n]!)
        shape.y.push(top + block.y[n]!)
      })
      left = Math.min(left, at)
      right = Math.max(right, at + block.w)
      bottom = Math.max(bottom, top + block.h)
    }
  }
  shape.left = left - SPACE.sitePad
  shape.top = head.top
  shape.w = right - left + 2 * SPACE.sitePad
  shape.h = bottom + SPACE.sitePad - shape.top
  return shape
}

function byOrder(p: BlockShape, q: BlockShape): number {
  return Number(p.loose) - Number(q.loose) || (p.order < q.order ? -1 : p.order > q.order ? 1 : 0)
}

/** Fills shelves in order; each shelf is cut in two halves beside the spine, the left one reading up to it. */
function shelves(blocks: BlockShape[]): { block: BlockShape, at: number }[][] {
  const total = blocks.reduce((sum, block) => sum + block.w + SPACE.blockGap, 0)
  const height = Math.max(0, ...blocks.map(block => block.h)) + SPACE.bus
  const wide = blocks.length < 6 ? 0.72 * total : 0
  const target = Math.max(760, Math.sqrt(total * height * 2.1), wide)
  const rows: BlockShape[][] = []
  let width = Infinity
  for (const block of blocks) {
    if (width + block.w / 2 > target) {
      rows.push([])
      width = 0
    }
    rows.at(-1)!.push(block)
    width += block.w + SPACE.blockGap
  }
  return rows.map((row, n) => (row.length === 1 && n === rows.length - 1 ? centred(row[0]!) : halves(row)))
}

/** A block alone on the last shelf stands under the core: no trunk has to pass it. */
function centred(block: BlockShape): { block: BlockShape, at: number }[] {
  return [{ block, at: -block.w / 2 }]
}

function halves(row: BlockShape[]): { block: BlockShape, at: number }[] {
  const total = row.reduce((sum, block) => sum + block.w, 0)
  let cut = 0
  let left = 0
  while (cut < row.length && Math.abs(total - 2 * (left + row[cut]!.w)) <= Math.abs(total - 2 * left)) left += row[cut++]!.w
  const placed: { block: BlockShape, at: number }[] = []
  let at = -SPACE.spine / 2
  for (const block of row.slice(0, cut).reverse()) {
    placed.push({ block, at: at - block.w })
    at -= block.w + SPACE.blockGap
  }
  at = SPACE.spine / 2
  for (const block of row.slice(cut)) {
    placed.push({ block, at })
    at += block.w + SPACE.blockGap
  }
  return placed
}

/** Masonry of equal columns, biggest site first; the number of columns is the one that shows everything largest. */
function packSites(shapes: SiteShape[], aspect: number, isRest: (site: number) => boolean): { x: number, y: number }[] {
  const order = shapes.map((_, site) => site).sort((p, q) =>
    Number(isRest(p)) - Number(isRest(q)) || shapes[q]!.nodes.length - shapes[p]!.nodes.length || p - q)
  let best: { x: number, y: number }[] = []
  let bestScale = -1
  for (let columns = 1; columns <= Math.min(shapes.length, 24); columns++) {
    const packed = packColumns(shapes, order, columns)
    const scale = Math.min(aspect / packed.w, 1 / packed.h)
    if (scale <= bestScale) continue
    bestScale = scale
    best = packed.corners
  }
  return best
}

function packColumns(shapes: SiteShape[], order: number[], columns: number) {
  const width = Math.max(0, ...shapes.map(shape => shape.w))
  const bottoms = new Array<number>(columns).fill(0)
  const corners = new Array<{ x: number, y: number }>(shapes.length)
  for (const site of order) {
    const shape = shapes[site]!
    const column = bottoms.indexOf(Math.min(...bottoms))
    corners[site] = { x: column * (width + SPACE.siteGap) + (width - shape.w) / 2, y: bottoms[column]! }
    bottoms[column]! += shape.h + SPACE.siteGap
  }
  return { corners, w: columns * (width + SPACE.siteGap), h: Math.max(1, ...bottoms) }
}
