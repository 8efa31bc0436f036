import type { Rect } from './types'

/** A walk along the axes, as x and y in turn. */
export type Walk = number[]

/**
 * An orthogonal walk from (x1, y1) to (x2, y2) that crosses none of `rects`: straight along y1 when both lie on one
 * height, through `preferred` when that is free, through the nearest of `verticals` otherwise, through two of them and a
 * horizontal of `levels` as the last way. When every way is blocked the first vertical is taken.
 */
export function corridor(x1: number, y1: number, x2: number, y2: number, rects: readonly Rect[], verticals: readonly number[], levels: readonly number[] = [], preferred?: number): Walk {
  const inner = y1 === y2 ? [x1, y1, x2, y2] : null
  if (inner && clear(inner, rects)) return inner
  if (preferred !== undefined) {
    const walk = [x1, y1, preferred, y1, preferred, y2, x2, y2]
    if (clear(walk, rects)) return walk
  }
  let best: Walk | null = null
  let bestLength = Infinity
  for (const v of verticals) {
    const length = Math.abs(x1 - v) + Math.abs(x2 - v)
    if (length >= bestLength - 0.5) continue
    const walk = [x1, y1, v, y1, v, y2, x2, y2]
    if (!clear(walk, rects)) continue
    best = walk
    bestLength = length
  }
  if (best) return best
  for (const level of levels) {
    for (const v1 of verticals) {
      for (const v2 of verticals) {
        const length = Math.abs(x1 - v1) + Math.abs(v1 - v2) + Math.abs(v2 - x2) + Math.abs(y1 - level) + Math.abs(y2 - level)
        if (length >= bestLength - 0.5) continue
        const walk = [x1, y1, v1, y1, v1, level, v2, level, v2, y2, x2, y2]
        if (!clear(walk, rects)) continue
        best = walk
        bestLength = length
      }
    }
  }
  const fallback = verticals[0] ?? (x1 + x2) / 2
  return best ?? [x1, y1, fallback, y1, fallback, y2, x2, y2]
}

/** True when no leg of the walk enters a rectangle. */
export function clear(walk: Walk, rects: readonly Rect[]): boolean {
  for (let p = 0; p + 3 < walk.length; p += 2) {
    const left = Math.min(walk[p]!, walk[p + 2]!)
    const right = Math.max(walk[p]!, walk[p + 2]!)
    const top = Math.min(walk[p + 1]!, walk[p + 3]!)
    const bottom = Math.max(walk[p + 1]!, walk[p + 3]!)
    for (const rect of rects) {
      if (right > rect.x + 1 && left < rect.x + rect.w - 1 && bottom > rect.y + 1 && top < rect.y + rect.h - 1) return false
    }
  }
  return true
}
