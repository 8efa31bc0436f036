import type { Blocks } from './blocks'
import type { Model } from './model'
import { SPACE, type BlockBox, type Rect, type SiteBox } from './types'

export interface Boxes {
  sites: SiteBox[]
  blocks: BlockBox[]
  /** By group of `Blocks`; null for a group of which nothing is placed. */
  blockRects: (Rect | null)[]
}

/** Boxes are drawn around what is in them, so they follow kept places and grow with newcomers. */
export function boxesOf(model: Model, blocks: Blocks, x: Float32Array, y: Float32Array, only?: Uint8Array): Boxes {
  const blockRects = blocks.groups.map(group => {
    const bounds = new Bounds()
    for (const i of group.members) {
      if (only && only[i] === 0) continue
      bounds.add(footprint(model, i, group.loose, x[i]!, y[i]!))
    }
    return bounds.rect()
  })
  const siteBounds = model.siteNames.map(() => new Bounds())
  const counts = new Int32Array(model.siteNames.length)
  for (let i = 0; i < model.size; i++) {
    counts[model.site[i]!]!++
    if (only && only[i] === 0) continue
    if (blocks.blockOf[i] === -1) siteBounds[model.site[i]!]!.add({ x: x[i]! - 64, y: y[i]! - 46, w: 128, h: 80 + SPACE.sitePad })
  }
  blockRects.forEach((rect, group) => {
    if (!rect) return
    const pad = SPACE.sitePad
    siteBounds[blocks.groups[group]!.site]!.add({ x: rect.x - pad, y: rect.y - 46, w: rect.w + 2 * pad, h: rect.h + 46 + pad })
  })
  const sites = model.siteNames.map((name, site) => ({ ...(siteBounds[site]!.rect() ?? { x: 0, y: 0, w: 0, h: 0 }), name, count: counts[site]! }))
  const boxes = blocks.groups.map((group, n) => ({
    ...(blockRects[n] ?? { x: 0, y: 0, w: 0, h: 0 }), site: group.site, label: group.label, loose: group.loose,
  }))
  return { sites, blocks: boxes, blockRects }
}

/** What node i at (x, y) claims of its block: itself, its label and the padding of the box. */
export function footprint(model: Model, i: number, loose: boolean, x: number, y: number): Rect {
  const reach = loose ? 48 : model.tier[i] === 4 ? 35 : 64
  return { x: x - reach, y: y - 32, w: 2 * reach, h: 60 }
}

class Bounds {
  private left = Infinity
  private top = Infinity
  private right = -Infinity
  private bottom = -Infinity

  add(rect: Rect) {
    this.left = Math.min(this.left, rect.x)
    this.top = Math.min(this.top, rect.y)
    this.right = Math.max(this.right, rect.x + rect.w)
    this.bottom = Math.max(this.bottom, rect.y + rect.h)
  }

  rect(): Rect | null {
    return this.left > this.right ? null : { x: this.left, y: this.top, w: this.right - this.left, h: this.bottom - this.top }
  }
}
