/** Glyphs by role, drawn in a box of 16 × 12 around (0, 0), so that many share one path. */
export const GLYPHS = ['firewall', 'router', 'core', 'distribution', 'access', 'server', 'leaf', 'phone', 'printer', 'camera', 'other'] as const
export type Glyph = (typeof GLYPHS)[number]

const OF_ROLE: Record<string, Glyph> = {
  firewall: 'firewall', router: 'router', gateway: 'router', core: 'core', distribution: 'distribution', access: 'access', switch: 'access',
  server: 'server', storage: 'server', hypervisor: 'server', ups: 'other', access_point: 'leaf', phone: 'phone', printer: 'printer', camera: 'camera',
}
const OF_TIER: Glyph[] = ['router', 'core', 'distribution', 'access', 'other']

export function glyphOf(role: string | null, kind: string, tier: number): number {
  const glyph = (role && OF_ROLE[role]) || (kind === 'device' ? OF_TIER[tier] : undefined) || 'other'
  return GLYPHS.indexOf(glyph)
}

type Pen = Pick<CanvasRenderingContext2D, 'moveTo' | 'lineTo' | 'arc' | 'rect'>

/** Adds the glyph at (x, y), s pixels of path per unit, to the current path. */
export function traceGlyph(pen: Pen, glyph: number, x: number, y: number, s: number) {
  const line = (...points: number[]) => {
    pen.moveTo(x + points[0]! * s, y + points[1]! * s)
    for (let p = 2; p < points.length; p += 2) pen.lineTo(x + points[p]! * s, y + points[p + 1]! * s)
  }
  const bow = (cx: number, cy: number, r: number, from: number, to: number) => {
    pen.moveTo(x + (cx + r * Math.cos(from)) * s, y + (cy + r * Math.sin(from)) * s)
    pen.arc(x + cx * s, y + cy * s, r * s, from, to)
  }
  const box = (left: number, top: number, w: number, h: number) => pen.rect(x + left * s, y + top * s, w * s, h * s)
  switch (GLYPHS[glyph]) {
    case 'firewall':
      box(-6, -5, 12, 10)
      for (const y0 of [-1.7, 1.7]) line(-6, y0, 6, y0)
      for (const [brick, top] of [[0, -5], [-3, -1.7], [3, -1.7], [0, 1.7]] as const) line(brick, top, brick, top + 3.3)
      return
    case 'router':
      bow(0, 0, 5.5, 0, 2 * Math.PI)
      line(-3, 0, 3, 0)
      line(0, -3, 0, 3)
      return
    case 'core':
      for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const) {
        line(sx * 1.5, sy * 1.5, sx * 5, sy * 5)
        line(sx * 2.4, sy * 5, sx * 5, sy * 5, sx * 5, sy * 2.4)
      }
      return
    case 'distribution':
      line(-5.5, -2, 5.5, -2)
      line(3, -4.5, 5.5, -2, 3, 0.2)
      line(5.5, 2.2, -5.5, 2.2)
      line(-3, 0, -5.5, 2.2, -3, 4.6)
      return
    case 'access':
      box(-6, -3, 12, 6)
      for (const port of [-3, 0, 3]) line(port, -0.6, port, 1.4)
      return
    case 'server':
      box(-4, -5.5, 8, 11)
      for (const [y0, end] of [[-2.6, 2], [0, 2], [2.6, 0.6]] as const) line(-2, y0, end, y0)
      return
    case 'leaf':
      bow(0, 2.4, 5, 1.2 * Math.PI, 1.8 * Math.PI)
      bow(0, 2.4, 2.4, 1.2 * Math.PI, 1.8 * Math.PI)
      bow(0, 2.2, 0.5, 0, 2 * Math.PI)
      return
    case 'phone':
      box(-2.4, -4, 4.8, 8)
      line(-0.7, 2.4, 0.7, 2.4)
      return
    case 'printer':
      box(-4, -1, 8, 4)
      line(-2.5, -1, -2.5, -4, 2.5, -4, 2.5, -1)
      return
    case 'camera':
      box(-4, -2.2, 5.5, 4.4)
      line(1.5, -0.6, 4, -2, 4, 2, 1.5, 0.6)
      return
    default:
      box(-3.5, -3.2, 7, 5)
      line(-2, 3.6, 2, 3.6)
  }
}

/** Outlines of the marks as unit polygons, by node band: triangle, diamond; others are squares. */
const MARKS: Record<number, readonly (readonly [number, number])[]> = {
  1: [[0, -1], [1.1, 0.9], [-1.1, 0.9], [0, -1]],
  4: [[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0], [0, -1.15]],
}

/** Adds the mark of a node band at (x, y): shape says what colour says. */
export function traceMark(pen: Pen, band: number, x: number, y: number, r: number) {
  const outline = MARKS[band]
  if (!outline) return pen.rect(x - r, y - r, 2 * r, 2 * r)
  outline.forEach(([px, py], n) => (n === 0 ? pen.moveTo(x + px * r, y + py * r) : pen.lineTo(x + px * r, y + py * r)))
}
