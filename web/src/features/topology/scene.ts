import type { Topology, TopologyLink, TopologyNode } from '@/api/models'
import { markOf, utilStep } from '@/ui/status'
import { glyphOf } from './glyphs'
import { shortLabels } from './labels'
import { ROUTE, SPACE, type Graph, type Layout, type Rect } from './layout'

/** What colours the links. */
export type Colouring = 'use' | 'errors' | 'speed' | 'evidence'

/** Node bands: 0 well, 1 degraded, 2 down, 3 behind something down, 4 unknown, 5 not watched. */
export const NODE_BAND = { ok: 0, warn: 1, bad: 2, behind: 3, unknown: 4, off: 5 } as const
/** Link bands: 0 to 4 rising steps, 5 unknown, 6 down. Drawn in the order of `LINK_ORDER`, the worst on top. */
export const LINK_BAND = { unknown: 5, down: 6 } as const
export const LINK_ORDER = [5, 0, 1, 2, 3, 4, 6] as const

export interface Counts { down: number, warning: number }

/** All that the painter needs, as arrays beside the layout's. Live changes are written into it. */
export interface Scene {
  layout: Layout
  nodes: TopologyNode[]
  links: TopologyLink[]
  labels: string[]
  nodeBand: Uint8Array
  glyph: Uint8Array
  linkBand: Uint8Array
  /** 1 for links of which an end is an access point or an endpoint: hidden far away. */
  leafLink: Uint8Array
  /** 1 for links that rest on weak evidence (confidence under 0.6). */
  weak: Uint8Array
  linkNodes: Int32Array
  /** Left, top, right, bottom of each link. */
  linkBounds: Float32Array
  siteCounts: Counts[]
  /** Tint of blocks: 0 none, 1 degraded, 2 down; by switches only, not for one access point. */
  blockTint: Uint8Array
  bounds: Rect
}

/** The graph of the layout from what the API says. */
export function toGraph(topology: Topology): Graph {
  return {
    nodes: topology.nodes.map(node => ({
      id: node.id, label: node.name ?? '', role: node.role, kind: node.kind, site: node.site?.name ?? null, building: node.building?.name ?? null,
      x: node.x, y: node.y, pinned: node.pinned,
    })),
    links: topology.links.map(link => ({ id: link.id, a: link.source.node, b: link.target.node })),
  }
}

export function buildScene(topology: Topology, layout: Layout, colouring: Colouring): Scene {
  const { nodes, links } = topology
  const index = new Map(nodes.map((node, i) => [node.id, i]))
  const linkNodes = new Int32Array(links.length * 2)
  links.forEach((link, l) => {
    linkNodes[2 * l] = index.get(link.source.node) ?? -1
    linkNodes[2 * l + 1] = index.get(link.target.node) ?? -1
  })
  const scene: Scene = {
    layout, nodes, links,
    labels: shortLabels(nodes.map(labelOf), [layout.site, layout.block]),
    nodeBand: new Uint8Array(nodes.length),
    glyph: Uint8Array.from(nodes, (node, i) => glyphOf(node.role, node.kind, layout.tier[i]!)),
    linkBand: new Uint8Array(links.length),
    leafLink: Uint8Array.from(links, (_, l) => Number([0, 1].some(end => (layout.tier[linkNodes[2 * l + end]!] ?? 0) === 4))),
    weak: Uint8Array.from(links, link => Number(link.confidence < 0.6)),
    linkNodes,
    linkBounds: linkBounds(layout),
    siteCounts: [],
    blockTint: new Uint8Array(layout.blocks.length),
    bounds: withGutters(layout.sites),
  }
  recolour(scene, topology, colouring)
  return scene
}

/** Writes states and colours anew; places stay. Called for each batch of live changes. */
export function recolour(scene: Scene, topology: Topology, colouring: Colouring) {
  scene.nodes = topology.nodes
  scene.links = topology.links
  const { layout, nodeBand, linkBand, blockTint } = scene
  scene.siteCounts = layout.sites.map(() => ({ down: 0, warning: 0 }))
  blockTint.fill(0)
  topology.nodes.forEach((node, i) => {
    const band = nodeBandOf(node)
    nodeBand[i] = band
    const counts = scene.siteCounts[layout.site[i]!]!
    if (band === NODE_BAND.bad || band === NODE_BAND.behind) counts.down++
    if (band === NODE_BAND.warn) counts.warning++
    const block = layout.block[i]!
    const tint = band === NODE_BAND.bad ? 2 : band === NODE_BAND.warn ? 1 : 0
    if (block >= 0 && layout.tier[i]! <= 3 && !layout.blocks[block]!.loose) blockTint[block] = Math.max(blockTint[block]!, tint)
  })
  topology.links.forEach((link, l) => { linkBand[l] = linkBandOf(link, colouring) })
}

/** A folded site says how many devices it stands for. */
function labelOf(node: TopologyNode): string {
  const name = node.name ?? node.address ?? ''
  return node.devices ? `${name} ${node.devices}` : name
}

export function nodeBandOf(node: TopologyNode): number {
  if (node.kind !== 'device' && node.kind !== 'site') return NODE_BAND.off
  const mark = markOf(node.status)
  return mark === 'info' ? NODE_BAND.ok : NODE_BAND[mark]
}

export function linkBandOf(link: TopologyLink, colouring: Colouring): number {
  if (link.status === 'down') return LINK_BAND.down
  if (colouring === 'evidence') return link.confidence >= 0.9 ? 2 : link.confidence >= 0.6 ? 1 : 0
  const step = colouring === 'use' ? link.utilisation_ratio : colouring === 'errors' ? link.errors_per_second : link.speed_bps
  if (step === null) return LINK_BAND.unknown
  if (colouring === 'use') return utilStep(step)
  return stepOf(step, colouring === 'errors' ? ERROR_STEPS : SPEED_STEPS)
}

/** Lower limits of bands 1 to 4: errors per second, bits per second. */
export const ERROR_STEPS = [0.01, 0.1, 1, 10]
export const SPEED_STEPS = [1e9, 10e9, 25e9, 100e9]

function stepOf(value: number, limits: readonly number[]): number {
  return limits.filter(limit => value >= limit).length
}

function linkBounds({ routes }: Layout): Float32Array {
  const bounds = new Float32Array(routes.kind.length * 4)
  for (let l = 0; l < routes.kind.length; l++) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
    for (let p = routes.start[l]!; p < routes.start[l + 1]!; p += 2) {
      left = Math.min(left, routes.points[p]!)
      right = Math.max(right, routes.points[p]!)
      top = Math.min(top, routes.points[p + 1]!)
      bottom = Math.max(bottom, routes.points[p + 1]!)
    }
    bounds.set([left, routes.kind[l] === ROUTE.arc ? top - ARC_MAX : top, right, bottom], l * 4)
  }
  return bounds
}

/** Highest rise of an arc over a row, in map units. */
export const ARC_MAX = 40

/** All sites, and the gutter above and beside them in which their links ride. */
function withGutters(sites: readonly Rect[]): Rect {
  const { x, y, w, h } = union(sites)
  const gutter = sites.length > 1 ? SPACE.siteGap / 2 + 20 : 0
  return { x: x - gutter, y: y - gutter, w: w + 2 * gutter, h: h + gutter }
}

export function union(rects: readonly Rect[]): Rect {
  if (rects.length === 0) return { x: 0, y: 0, w: 1, h: 1 }
  const x = Math.min(...rects.map(rect => rect.x))
  const y = Math.min(...rects.map(rect => rect.y))
  return { x, y, w: Math.max(...rects.map(rect => rect.x + rect.w)) - x, h: Math.max(...rects.map(rect => rect.y + rect.h)) - y }
}
