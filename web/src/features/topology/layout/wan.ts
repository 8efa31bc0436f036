import { clear, corridor, type Walk } from './corridor'
import { SPACE, type Rect } from './types'

const LANE = 7
const LANES = 11

/** Ways between sites: only in the gutters, bundled per pair of sites, each pair in a lane of its own. */
export class WanRouter {
  private readonly bundles = new Map<string, number>()
  private readonly gutters: number[]
  private readonly levels: number[]

  constructor(private readonly sites: readonly Rect[]) {
    const half = SPACE.siteGap / 2
    const top = Math.min(...sites.map(site => site.y))
    const bottom = Math.max(...sites.map(site => site.y + site.h))
    const sides = [...new Set(sites.flatMap(site => [site.x - half, site.x + site.w + half]))].sort((p, q) => p - q)
    this.gutters = sides.filter(v => clear([v, top, v, bottom], sites))
    this.levels = [top - half, bottom + half]
  }

  /** From (xa, top of site a) to (xb, top of site b), in that direction. */
  between(a: number, b: number, xa: number, xb: number): Walk {
    const half = SPACE.siteGap / 2
    const lane = this.lane(a, b)
    const from = this.sites[a]!
    const to = this.sites[b]!
    const near = [from.x - half, from.x + from.w + half, to.x - half, to.x + to.w + half]
    const verticals = [...new Set([...near, ...this.gutters])].map(v => v + lane)
    const ya = from.y - half + lane
    const yb = to.y - half + lane
    const walk = corridor(xa, ya, xb, yb, this.sites, verticals, this.levels.map(level => level + lane))
    return walk
  }

  private lane(a: number, b: number): number {
    const key = a < b ? `${a} ${b}` : `${b} ${a}`
    let bundle = this.bundles.get(key)
    if (bundle === undefined) {
      bundle = this.bundles.size
      this.bundles.set(key, bundle)
    }
    // 0, 1, -1, 2, -2 …: the first pairs keep to the middle of the gutter.
    const place = bundle % LANES
    return (place % 2 === 1 ? (place + 1) / 2 : -place / 2) * LANE
  }
}
