import { computed, onScopeDispose, shallowRef, triggerRef, watch, type Ref } from 'vue'
import type { Topology } from '@/api/models'
import { adjacencyOf, anchorsOf, cutSizes } from './analysis'
import { ROUTE, type Layout } from './layout'
import { buildScene, recolour, toGraph, type Colouring, type Scene } from './scene'
import { useLayout } from './useLayout'
import type { Positions } from './useTopology'

const HALO_MS = 2000
const SAVE_AFTER_MS = 1500

/** What the scene asks of its page: where places are kept, and whether they may be. */
export interface SceneOptions {
  topology: Ref<Topology | undefined>
  colouring: Ref<Colouring>
  aspect: () => number
  /** `asked`: a person moved something; otherwise the page only keeps what it had to place by itself. */
  save: (positions: Positions, asked: boolean) => void
}

/**
 * The scene of the map from the graph: laid out in the worker when nodes or links come and go, coloured anew when only
 * their state changed. Places once shown stay; Tidy and drags are kept by `save` and can be undone.
 */
export function useMapScene({ topology, colouring, aspect, save }: SceneOptions) {
  const scene = shallowRef<Scene | null>(null)
  const halos = new Map<number, number>()
  const places = new Map<string, { x: number, y: number, pinned: boolean }>()
  const layOut = useLayout()
  let shape = ''
  let saving = 0
  let asked = false

  watch(topology, (now, before) => {
    if (!now) return
    const next = shapeOf(now)
    if (next !== shape) {
      shape = next
      void rebuild(now, true, before)
    } else if (scene.value) refresh(now, before)
  }, { immediate: true })
  watch(colouring, () => { if (topology.value && scene.value) refresh(topology.value) })
  onScopeDispose(() => window.clearTimeout(saving))

  function refresh(now: Topology, before?: Topology) {
    if (!scene.value) return
    recolour(scene.value, now, colouring.value)
    if (before) noteChanges(scene.value, now, before)
    triggerRef(scene)
  }

  async function rebuild(now: Topology, keep: boolean, before?: Topology) {
    const graph = toGraph(now)
    const nodes = graph.nodes.map(node => ({ ...node, ...places.get(node.id) }))
    const unplaced = nodes.some(node => node.x === null)
    const layout = await layOut({ nodes, links: graph.links }, { aspect: aspect(), keep })
    if (!layout) return
    const next = buildScene(now, layout, colouring.value)
    const old = scene.value
    keepPlaces(now, layout)
    halos.clear()
    if (before) noteChanges(next, now, before)
    if (old && !keep && old.nodes.length === next.nodes.length) await tween(old, next)
    scene.value = next
    if (unplaced || !keep) saveSoon(!keep)
  }

  function keepPlaces(now: Topology, layout: Layout) {
    now.nodes.forEach((node, i) => {
      places.set(node.id, { x: layout.x[i]!, y: layout.y[i]!, pinned: places.get(node.id)?.pinned ?? node.pinned })
    })
  }

  function noteChanges(next: Scene, now: Topology, before: Topology) {
    const known = new Map(before.links.map(link => [link.id, link.status]))
    now.links.forEach((link, l) => {
      if (known.get(link.id) !== link.status) halos.set(l, performance.now() + HALO_MS)
    })
    // A page opened on another site shows other links, not new ones.
    if (halos.size > next.links.length / 2) halos.clear()
  }

  /** Slides nodes and boxes from the old places to the new ones, links straight meanwhile. */
  function tween(old: Scene, next: Scene): Promise<void> {
    if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) return Promise.resolve()
    const from = new Map(old.nodes.map((node, i) => [node.id, i]))
    const start = performance.now()
    return new Promise((resolve) => {
      requestAnimationFrame(function step(time) {
        const t = Math.min(1, Math.max(0, (time - start) / 160))
        if (t >= 1) return resolve()
        scene.value = moved(next, (i, axis) => {
          const index = from.get(next.nodes[i]!.id)
          const target = next.layout[axis][i]!
          return index === undefined ? target : old.layout[axis][index]! + (target - old.layout[axis][index]!) * t
        })
        requestAnimationFrame(step)
      })
    })
  }

  function saveSoon(byHand: boolean) {
    window.clearTimeout(saving)
    asked ||= byHand
    saving = window.setTimeout(() => {
      save(Object.fromEntries(places), asked)
      asked = false
    }, SAVE_AFTER_MS)
  }

  /** Lays everything out afresh but for pins; answers what undoes it. */
  async function tidy(): Promise<() => void> {
    const snapshot = new Map(places)
    for (const [id, place] of places) if (!place.pinned) places.delete(id)
    if (topology.value) await rebuild(topology.value, false)
    return () => restore(snapshot)
  }

  function restore(snapshot: Map<string, { x: number, y: number, pinned: boolean }>) {
    for (const [id, place] of snapshot) places.set(id, place)
    if (topology.value) void rebuild(topology.value, true).then(() => saveSoon(true))
  }

  /** While a node is dragged its links follow as straight lines. */
  function drag(node: number, x: number, y: number) {
    const current = scene.value
    if (!current) return
    const { layout, linkNodes, linkBounds } = current
    layout.x[node] = x
    layout.y[node] = y
    for (let l = 0; l < current.links.length; l++) {
      const end = linkNodes[2 * l] === node ? 0 : linkNodes[2 * l + 1] === node ? 1 : -1
      if (end >= 0) straighten(layout, l, linkNodes, linkBounds)
    }
    triggerRef(scene)
  }

  /** A dropped node is pinned where it lies. */
  function pin(node: number): () => void {
    const current = scene.value!
    const id = current.nodes[node]!.id
    const snapshot = new Map([[id, places.get(id)!]])
    places.set(id, { x: Math.round(current.layout.x[node]!), y: Math.round(current.layout.y[node]!), pinned: true })
    if (topology.value) void rebuild(topology.value, true).then(() => saveSoon(true))
    return () => restore(snapshot)
  }

  function unpin(id: string) {
    const place = places.get(id)
    if (!place) return
    places.set(id, { ...place, pinned: false })
    triggerRef(scene)
    saveSoon(true)
  }

  const graph = computed(() => scene.value && adjacencyOf(scene.value.nodes.length, scene.value.linkNodes))
  const anchors = computed(() => (graph.value && scene.value ? anchorsOf(graph.value, scene.value.layout.tier) : []))
  const cuts = computed(() => (graph.value ? cutSizes(graph.value, anchors.value) : new Int32Array(0)))
  return { scene, halos, graph, anchors, cuts, tidy, drag, pin, unpin, isPinned: (id: string) => places.get(id)?.pinned ?? false }
}

/** All that decides where things stand; a change of state alone leaves it the same. */
function shapeOf(topology: Topology): string {
  const nodes = topology.nodes.map(node => `${node.id}${node.role}${node.site?.name}${node.building?.name}${node.name}`)
  const links = topology.links.map(link => `${link.id}${link.source.node}${link.target.node}`)
  return `${nodes.join()};${links.join()}`
}

function moved(scene: Scene, place: (i: number, axis: 'x' | 'y') => number): Scene {
  const size = scene.nodes.length
  const layout: Layout = {
    ...scene.layout,
    x: Float32Array.from({ length: size }, (_, i) => place(i, 'x')),
    y: Float32Array.from({ length: size }, (_, i) => place(i, 'y')),
    routes: { ...scene.layout.routes, kind: scene.layout.routes.kind.slice(), points: scene.layout.routes.points.slice() },
  }
  for (let l = 0; l < scene.links.length; l++) straighten(layout, l, scene.linkNodes, null)
  return { ...scene, layout }
}

function straighten(layout: Layout, l: number, linkNodes: Int32Array, bounds: Float32Array | null) {
  const { kind, start, points } = layout.routes
  const first = start[l]!
  const last = start[l + 1]! - 2
  if (last <= first) return
  const [a, b] = [linkNodes[2 * l]!, linkNodes[2 * l + 1]!]
  const forward = Math.hypot(points[first]! - layout.x[a]!, points[first + 1]! - layout.y[a]!) <= Math.hypot(points[first]! - layout.x[b]!, points[first + 1]! - layout.y[b]!)
  const [from, to] = forward ? [a, b] : [b, a]
  if (kind[l] === ROUTE.path) kind[l] = ROUTE.line
  for (let p = first; p < last; p += 2) points.set([layout.x[from]!, layout.y[from]!], p)
  points.set([layout.x[to]!, layout.y[to]!], last)
  bounds?.set([
    Math.min(layout.x[a]!, layout.x[b]!), Math.min(layout.y[a]!, layout.y[b]!), Math.max(layout.x[a]!, layout.x[b]!), Math.max(layout.y[a]!, layout.y[b]!),
  ], l * 4)
}
