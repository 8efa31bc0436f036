import type { Rect } from './layout'

/** Where the map is looked at: (x, y) of the map stands in the middle of the view, k pixels show one map unit. */
export interface Camera { x: number, y: number, k: number }
export interface Size { w: number, h: number }
/** Room that floating panels take from the view, in pixels. */
export interface Insets { top: number, right: number, bottom: number, left: number }

export const ZOOM = { min: 0.02, max: 4 } as const

export function toMap(camera: Camera, size: Size, x: number, y: number): { x: number, y: number } {
  return { x: (x - size.w / 2) / camera.k + camera.x, y: (y - size.h / 2) / camera.k + camera.y }
}

/** The part of the map in view. */
export function viewOf(camera: Camera, size: Size): Rect {
  return { x: camera.x - size.w / 2 / camera.k, y: camera.y - size.h / 2 / camera.k, w: size.w / camera.k, h: size.h / camera.k }
}

/** Zooms by `factor` so that the point under (px, py) stays there. */
export function zoomedAt(camera: Camera, size: Size, px: number, py: number, factor: number): Camera {
  const k = clampZoom(camera.k * factor)
  const fixed = toMap(camera, size, px, py)
  return { x: fixed.x - (px - size.w / 2) / k, y: fixed.y - (py - size.h / 2) / k, k }
}

/** Shows all of `rect` inside what the panels leave free, at most at `closest`. */
export function fitted(rect: Rect, size: Size, insets: Insets, closest = 1.6): Camera {
  const w = Math.max(40, size.w - insets.left - insets.right)
  const h = Math.max(40, size.h - insets.top - insets.bottom)
  const k = clampZoom(Math.min(w / rect.w, h / rect.h, closest))
  const shift = { x: (insets.left - insets.right) / 2 / k, y: (insets.top - insets.bottom) / 2 / k }
  return { x: rect.x + rect.w / 2 - shift.x, y: rect.y + rect.h / 2 - shift.y, k }
}

/** From one camera to another, t from 0 to 1; the zoom goes evenly by ratio. */
export function between(from: Camera, to: Camera, t: number): Camera {
  const ease = 1 - (1 - t) ** 3
  return { x: from.x + (to.x - from.x) * ease, y: from.y + (to.y - from.y) * ease, k: from.k * (to.k / from.k) ** ease }
}

/** As it stands in the address: `x,y,k`. */
export function writeCamera(camera: Camera): string {
  return `${Math.round(camera.x)},${Math.round(camera.y)},${Number(camera.k.toPrecision(3))}`
}

export function readCamera(text: string): Camera | null {
  const parts = text.split(',').map(Number)
  const [x, y, k] = parts
  if (parts.length !== 3 || parts.some(value => !Number.isFinite(value)) || k! <= 0) return null
  return { x: x!, y: y!, k: clampZoom(k!) }
}

function clampZoom(k: number): number {
  return Math.min(ZOOM.max, Math.max(ZOOM.min, k))
}
