import { layOut, type Graph, type LayoutOptions } from './index'

/** Worker side: one request, one answer, buffers handed over. */
self.onmessage = (message: MessageEvent<{ request: number, graph: Graph, options: LayoutOptions }>) => {
  const { request, graph, options } = message.data
  const layout = layOut(graph, options)
  const buffers = [layout.x, layout.y, layout.tier, layout.block, layout.site, layout.routes.kind, layout.routes.start, layout.routes.points]
  self.postMessage({ request, layout }, { transfer: buffers.map(array => array.buffer) })
}
