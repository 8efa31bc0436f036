/** What the layout reads and what it answers. Positions are map units: one unit is one CSS pixel at zoom 1. */

export interface GraphNode {
  id: string
  label: string
  /** Role as the server says it (`core`, `access`, `access_point`…); null when nobody knows. */
  role: string | null
  /** `device`, or something seen only from its neighbours (`neighbour`, `hidden`…). */
  kind: string
  site: string | null
  /** Building, when the server knows one; otherwise the layout finds the block by uplinks. */
  building: string | null
  /** Place kept by the server; null for a node never placed. */
  x: number | null
  y: number | null
  /** Put there by hand: wins over everything, Tidy included. */
  pinned: boolean
}

export interface GraphLink {
  id: string
  a: string
  b: string
}

export interface Graph {
  nodes: readonly GraphNode[]
  links: readonly GraphLink[]
}

export interface Rect {
  x: number
  y: number
  w: number
  h: number
}

export interface SiteBox extends Rect {
  /** Site name; empty for the devices that belong to none. */
  name: string
  count: number
}

export interface BlockBox extends Rect {
  /** Index into `Layout.sites`. */
  site: number
  /** Building name; null when the block was found by its uplinks. */
  label: string | null
  /** True for the block that gathers devices without any known link. */
  loose: boolean
}

/**
 * How a link's points are to be joined: `line` straight; `curve` a Bézier with vertical tangents; `arc` a bow above
 * what stands between two nodes of one row; `path` an orthogonal polyline with rounded corners.
 */
export const ROUTE = { line: 0, curve: 1, arc: 2, path: 3 } as const

/** Routes of all links in one buffer: link i owns `points[start[i] … start[i + 1])`, x and y in turn. */
export interface Routes {
  kind: Uint8Array
  start: Uint32Array
  points: Float32Array
}

/** Arrays run parallel to `Graph.nodes` and `Graph.links`. */
export interface Layout {
  x: Float32Array
  y: Float32Array
  tier: Uint8Array
  /** Index into `blocks`; -1 for the head of a site (edge, core and their servers). */
  block: Int32Array
  site: Int32Array
  sites: SiteBox[]
  blocks: BlockBox[]
  routes: Routes
}

export interface LayoutOptions {
  /** Width over height of the view; decides the number of site columns. */
  aspect: number
  /** False (Tidy): kept places are forgotten, pins are not. */
  keep: boolean
}

/** Distances of the recipe, in map units. */
export const SPACE = {
  pair: 150,
  row: 92,
  server: 64,
  distribution: 128,
  accessColumn: 128,
  leafDrop: 54,
  leaf: 26,
  leavesPerRow: 6,
  blockPad: 20,
  blockGap: 40,
  bus: 56,
  spine: 96,
  sitePad: 24,
  siteGap: 120,
} as const
