import type { Blocks } from './blocks'
import type { Model } from './model'
import { SPACE, type BlockBox, type Rect, type SiteBox } from './types'

export interface Boxes {
  sites: SiteBox[]
  blocks: BlockBox[]
  /** By group of `Blocks`; null for a group of which nothing is placed. */
  blockRects: (Rect | null)[]
}

const REACH = { leaf: 25, other: 64 } as const

/** Boxes are drawn around what is in them, so they follow kept places and grow with newcomers. */
export function boxesOf(model: Model, blocks: Blocks, x: Float32Array, y: Float32Array, only?: Uint8Array): Boxes {
  const blockRects = blocks.groups.map(group => {
    const bounds = new Bounds()
    for (const i of group.members) {
      if (only && only[i] === 0) continue
      const reach = reachOf(model, i, group.loose)
      bounds.add(x[i]! - reach - SPACE.blockPad / 2, y[i]! - 32, x[i]! + reach + SPACE.blockPad / 2, y[i]! + 28)
    }
    return bounds.rect()
  })
  const siteBounds = model.siteNames.map(() => new Bounds())
  const counts = new Int32Array(model.siteNames.length)
  for (let i = 0; i < model.size; i++) {
    counts[model.site[i]!]!++
    if (only && only[i] === 0) continue
    if (blocks.blockOf[i] === -1) siteBounds[model.site[i]!]!.add(x[i]! - 64, y[i]! - 46, x[i]! + 64, y[i]! + 34 + SPACE.sitePad)
  }
  blockRects.forEach((rect, group) => {
    if (!rect) return
    const pad = SPACE.sitePad
    siteBounds[blocks.groups[group]!.site]!.add(rect.x - pad, rect.y - 46, rect.x + rect.w + pad, rect.y + rect.h + pad)
  })
  const sites = model.siteNames.map((name, site) => ({ ...(siteBounds[site]!.rect() ?? { x: 0, y: 0, w: 0, h: 0 }), name, count: counts[site]! }))
  const boxes = blocks.groups.map((group, n) => ({
    ...(blockRects[n] ?? { x: 0, y: 0, w: 0, h: 0 }), site: group.site, label: group.label, loose: group.loose,
  }))
  return { sites, blocks: boxes, blockRects }
}

function reachOf(model: Model, i: number, loose: boolean): number {
  if (loose) return 38
  return model.tier[i] === 4 ? REACH.leaf : REACH.other - SPACE.blockPad / 2
}

class Bounds {
  private left = Infinity
  private top = Infinity
  private right = -Infinity
  private bottom = -Infinity

  add(left: number, top: number, right: number, bottom: number) {
    this.left = Math.min(this.left, left)
    this.top = Math.min(this.top, top)
    this.right = Math.max(this.right, right)
    this.bottom = Math.max(this.bottom, bottom)
  }

  rect(): Rect | null {
    return this.left > this.right ? null : { x: this.left, y: this.top, w: this.right - this.left, h: this.bottom - this.top }
  }
}
