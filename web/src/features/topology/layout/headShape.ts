import type { Blocks } from './blocks'
import type { Model } from './model'
import { SPACE } from './types'

/** The head of a site around x = 0: edge row, core row 92 below, servers left and right of the core. */
export interface HeadShape {
  nodes: number[]
  x: number[]
  y: number[]
  left: number
  right: number
  /** Top of the site box and bottom of the last row, labels included. */
  top: number
  bottom: number
}

const TITLE = 46
const LABEL = 34

export function headShape(model: Model, blocks: Blocks, site: number): HeadShape {
  const rows: { edge: number[], core: number[], servers: number[] } = { edge: [], core: [], servers: [] }
  for (let i = 0; i < model.size; i++) {
    if (model.site[i] !== site || blocks.blockOf[i] !== -1) continue
    if (model.server[i] === 1) rows.servers.push(i)
    else rows[model.tier[i] === 0 ? 'edge' : 'core'].push(i)
  }
  const shape: HeadShape = { nodes: [], x: [], y: [], left: -SPACE.pair / 2, right: SPACE.pair / 2, top: -TITLE, bottom: -SPACE.bus + 8 }
  const coreY = rows.edge.length > 0 ? SPACE.row : 0
  addRow(shape, rows.edge, 0)
  addRow(shape, rows.core, coreY)
  addServers(shape, rows.servers, rows.core.length, coreY)
  if (shape.nodes.length > 0) shape.bottom = Math.max(...shape.y) + LABEL
  return shape
}

function addRow(shape: HeadShape, row: number[], y: number) {
  row.forEach((node, n) => add(shape, node, (n - (row.length - 1) / 2) * SPACE.pair, y))
}

/** First half on the left reading towards the core, second half on the right. */
function addServers(shape: HeadShape, servers: number[], cores: number, y: number) {
  const start = (Math.max(0, cores - 2) / 2 + 1.05) * SPACE.pair
  const half = Math.ceil(servers.length / 2)
  servers.forEach((node, n) => {
    const x = n < half ? -start - (half - 1 - n) * SPACE.server : start + (n - half) * SPACE.server
    add(shape, node, x, y)
  })
}

function add(shape: HeadShape, node: number, x: number, y: number) {
  shape.nodes.push(node)
  shape.x.push(x)
  shape.y.push(y)
  shape.left = Math.min(shape.left, x - 40)
  shape.right = Math.max(shape.right, x + 40)
}
