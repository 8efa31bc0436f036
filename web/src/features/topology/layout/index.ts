import { anchor } from './anchor'
import { findBlocks } from './blocks'
import { boxesOf } from './boxes'
import { buildModel, type Model } from './model'
import { placeFresh } from './place'
import { routeLinks } from './routes'
import type { Graph, Layout, LayoutOptions } from './types'

export * from './types'

/** The tiered layout: a pure function of the graph, the same whatever the order of its input. */
export function layOut(graph: Graph, options: LayoutOptions): Layout {
  const model = buildModel(graph)
  const blocks = findBlocks(model)
  const { x, y } = placeFresh(model, blocks, options.aspect)
  anchor(model, blocks, graph, options.keep, x, y)
  const boxes = boxesOf(model, blocks, x, y)
  const routes = routeLinks(model, blocks, boxes, x, y, graph.links.length)
  return {
    x: toInput(model, x, new Float32Array(model.size)),
    y: toInput(model, y, new Float32Array(model.size)),
    tier: toInput(model, model.tier, new Uint8Array(model.size)),
    block: toInput(model, blocks.blockOf, new Int32Array(model.size)),
    site: toInput(model, model.site, new Int32Array(model.size)),
    sites: boxes.sites,
    blocks: boxes.blocks,
    routes,
  }
}

/** Back from the model's order to the input's. */
function toInput<T extends Float32Array | Int32Array | Uint8Array>(model: Model, values: T, into: T): T {
  for (let i = 0; i < model.size; i++) into[model.inputOf[i]!] = values[i]!
  return into
}
