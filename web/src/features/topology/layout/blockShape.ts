import type { BlockGroup, Blocks } from './blocks'
import type { Model } from './model'
import { SPACE } from './types'

/** A block laid out with its top left corner at (0, 0). */
export interface BlockShape {
  nodes: number[]
  x: number[]
  y: number[]
  w: number
  h: number
  /** Natural order among the blocks of a site. */
  order: string
  loose: boolean
}

const TOP = 32
const BOTTOM = 28
const COLUMNS_PER_ROW = 14
/** Above so many members, a block of lone devices is drawn as a tight field of dots. */
const DENSE = 48

interface Column {
  access: number
  leaves: number[]
  w: number
}

export function blockShape(model: Model, blocks: Blocks, group: BlockGroup): BlockShape {
  const shape: BlockShape = { nodes: [], x: [], y: [], w: 0, h: 0, order: orderOf(model, group), loose: group.loose }
  const upper = group.members.filter(i => model.tier[i]! <= 2)
  const columns = columnsOf(model, blocks, group)
  const wired = !group.loose && (columns.some(column => column.access >= 0) || upper.length > 0)
  if (wired) placeRows(shape, upper.sort(ascending), columns)
  else placeField(shape, [...group.members].sort(ascending))
  return shape
}

/** Blocks with a name go by it, others by their first member nearest to the core. */
function orderOf(model: Model, group: BlockGroup): string {
  if (group.label !== null) return '0' + group.label.toLowerCase().replace(/\d+/g, digits => digits.padStart(12, '0'))
  const first = group.members.reduce((best, i) => (model.tier[i]! < model.tier[best]! || (model.tier[i] === model.tier[best] && i < best) ? i : best))
  return '1' + model.key[first]!
}

/** One column per access switch with what hangs on it; leaves without an access switch get columns of their own at the end. */
function columnsOf(model: Model, blocks: Blocks, group: BlockGroup): Column[] {
  const inside = new Set(group.members)
  const columns = new Map<number, Column>()
  for (const i of [...group.members].sort(ascending)) {
    if (model.tier[i] === 3) columns.set(i, { access: i, leaves: [], w: 0 })
  }
  const stray: number[] = []
  for (const i of [...group.members].sort(ascending)) {
    if (model.tier[i] !== 4) continue
    const column = columns.get(ancestor(model, blocks, i, inside))
    if (column) column.leaves.push(i)
    else stray.push(i)
  }
  const list = [...columns.values()]
  const share = SPACE.leavesPerRow * 2
  for (let n = 0; n < stray.length; n += share) list.push({ access: -1, leaves: stray.slice(n, n + share), w: 0 })
  for (const column of list) {
    const wide = Math.min(leavesPerRow(column.leaves.length), column.leaves.length) * SPACE.leaf + 24
    column.w = Math.max(column.access >= 0 ? SPACE.accessColumn : 0, wide)
  }
  return list
}

/** The access switch a leaf hangs on, through other leaves (a phone behind which a computer sits). */
function ancestor(model: Model, blocks: Blocks, leaf: number, inside: Set<number>): number {
  let node = leaf
  for (let step = 0; step < 8 && model.tier[node] === 4; step++) {
    const up = blocks.parent[node]!
    if (up < 0 || !inside.has(up)) return -1
    node = up
  }
  return node
}

/** Rows of six; wider when an access switch carries more than four rows of them. */
function leavesPerRow(count: number): number {
  return Math.max(SPACE.leavesPerRow, Math.ceil(Math.sqrt(count * 1.5)))
}

function placeRows(shape: BlockShape, upper: number[], columns: Column[]) {
  const rows: Column[][] = []
  const perRow = Math.ceil(columns.length / Math.max(1, Math.ceil(columns.length / COLUMNS_PER_ROW)))
  for (let n = 0; n < columns.length; n += perRow) rows.push(columns.slice(n, n + perRow))
  const widths = rows.map(row => row.reduce((sum, column) => sum + column.w, 0))
  const inner = Math.max((upper.length - 1) * SPACE.distribution + 56, 104, ...widths)
  shape.w = inner + 2 * SPACE.blockPad
  upper.forEach((node, n) => add(shape, node, shape.w / 2 + (n - (upper.length - 1) / 2) * SPACE.distribution, TOP))
  let y = upper.length > 0 ? TOP + SPACE.row : TOP
  let bottom = TOP
  rows.forEach((row, r) => {
    let x = (shape.w - widths[r]!) / 2
    bottom = y
    for (const column of row) {
      bottom = Math.max(bottom, placeColumn(shape, column, x, y))
      x += column.w
    }
    y = bottom + 78
  })
  shape.h = bottom + BOTTOM
}

function placeColumn(shape: BlockShape, column: Column, x: number, y: number): number {
  const centre = x + column.w / 2
  if (column.access >= 0) add(shape, column.access, centre, y)
  const perRow = leavesPerRow(column.leaves.length)
  const across = Math.min(perRow, column.leaves.length)
  let bottom = y
  column.leaves.forEach((leaf, n) => {
    bottom = y + SPACE.leafDrop + Math.floor(n / perRow) * SPACE.leaf
    add(shape, leaf, centre + ((n % perRow) - (across - 1) / 2) * SPACE.leaf, bottom)
  })
  return bottom
}

/** Devices nobody knows a link of: a plain field, roomy enough for labels while they are few. */
function placeField(shape: BlockShape, members: number[]) {
  const dense = members.length > DENSE
  const cell = dense ? { w: SPACE.leaf + 4, h: SPACE.leaf + 4 } : { w: 96, h: 58 }
  const across = Math.max(1, Math.min(members.length, Math.ceil(Math.sqrt(members.length * (dense ? 3.2 : 2)))))
  members.forEach((node, n) => {
    add(shape, node, SPACE.blockPad + (n % across + 0.5) * cell.w, TOP + 4 + Math.floor(n / across) * cell.h)
  })
  shape.w = Math.max(120, across * cell.w + 2 * SPACE.blockPad)
  shape.h = TOP + 4 + (Math.ceil(members.length / across) - 1) * cell.h + BOTTOM + 4
}

function add(shape: BlockShape, node: number, x: number, y: number) {
  shape.nodes.push(node)
  shape.x.push(x)
  shape.y.push(y)
}

function ascending(p: number, q: number): number {
  return p - q
}
