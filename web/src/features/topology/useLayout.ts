import { onScopeDispose } from 'vue'
import { layOut, type Graph, type Layout, type LayoutOptions } from './layout'

/** Lays graphs out in a worker; where there is none (tests), in place. A newer request outruns an older one: that one answers null. */
export function useLayout(): (graph: Graph, options: LayoutOptions) => Promise<Layout | null> {
  if (typeof Worker === 'undefined') return (graph, options) => Promise.resolve(layOut(graph, options))
  const worker = new Worker(new URL('./layout/worker.ts', import.meta.url), { type: 'module' })
  const waiting = new Map<number, (layout: Layout | null) => void>()
  let last = 0
  worker.onmessage = (message: MessageEvent<{ request: number, layout: Layout }>) => {
    const { request, layout } = message.data
    waiting.get(request)?.(request === last ? layout : null)
    waiting.delete(request)
  }
  onScopeDispose(() => worker.terminate())
  return (graph, options) => new Promise((resolve) => {
    last++
    waiting.set(last, resolve)
    worker.postMessage({ request: last, graph, options })
  })
}
