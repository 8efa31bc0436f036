import { viewOf, type Camera, type Size } from './camera'
import { traceGlyph, traceMark } from './glyphs'
import { fitted } from './labels'
import { ROUTE, type Rect } from './layout'
import type { Looks, Palette } from './looks'
import { ARC_MAX, LINK_BAND, LINK_ORDER, NODE_BAND, type Scene } from './scene'

/** Zoom limits of the recipe. */
export const LEVEL = { sites: 0.12, glyphs: 0.36, loud: 0.28, leafLinks: 0.25, labels: [0.28, 0.28, 0.42, 0.62, 1.25] } as const

/** Nodes grow and shrink with the map, but only between half and 1.7 of their size: legible far away, no posters near by. */
const nodeScale = (k: number) => Math.min(1.7, Math.max(k, 0.5)) / k

/** Body of a node in map units. */
export function nodeSize(scene: Scene, i: number, k: number): { w: number, h: number } {
  const tier = scene.layout.tier[i]!
  const scale = nodeScale(k)
  const [w, h] = tier <= 1 ? [28, 22] : tier === 2 ? [24, 19] : tier === 3 ? [20, 16] : [14, 14]
  return { w: w! * scale, h: h! * scale }
}

const NODE_COLOURS = ['text-dim', 'warn-mark', 'bad-mark', 'bad-mark', 'unknown-mark', 'off-mark'] as const
const WIDTHS = [1.2, 1.5, 2, 2.6, 3.2, 1.1, 2] as const

export class Painter {
  constructor(private readonly ctx: CanvasRenderingContext2D, private readonly palette: Palette) {}

  paint(scene: Scene, camera: Camera, size: Size, ratio: number, looks: Looks) {
    const { ctx, palette } = this
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
    ctx.fillStyle = palette.bg!
    ctx.fillRect(0, 0, size.w, size.h)
    ctx.setTransform(ratio * camera.k, 0, 0, ratio * camera.k, ratio * (size.w / 2 - camera.x * camera.k), ratio * (size.h / 2 - camera.y * camera.k))
    const view = viewOf(camera, size)
    const far = looks.sitesOnly || camera.k < LEVEL.sites
    this.boxes(scene, camera.k, view, far)
    this.links(scene, camera.k, view, looks, far)
    if (!far) {
      const visible = this.visibleNodes(scene, view)
      if (camera.k < LEVEL.glyphs) this.dots(scene, camera.k, visible, looks)
      else this.glyphs(scene, camera.k, visible, looks)
      this.rings(scene, camera.k, looks)
      this.labels(scene, camera.k, visible, looks)
    }
    this.titles(scene, camera.k, view, looks.restName, far)
  }

  private boxes(scene: Scene, k: number, view: Rect, far: boolean) {
    const { ctx, palette } = this
    const { sites, blocks } = scene.layout
    ctx.lineWidth = 1 / k
    const draw = (rects: readonly Rect[], radius: number, fill: string, alpha = 1) => {
      ctx.beginPath()
      for (const rect of rects) if (touches(rect, view)) ctx.roundRect(rect.x, rect.y, rect.w, rect.h, radius)
      ctx.fillStyle = fill
      ctx.globalAlpha = alpha
      ctx.fill()
      ctx.globalAlpha = 1
      ctx.strokeStyle = palette.line!
      ctx.stroke()
    }
    draw(sites, 10, palette.surface!)
    if (far) return
    draw(blocks, 7, palette.hover!, 0.5)
    ;(['warn-bg', 'bad-bg'] as const).forEach((tint, n) => draw(blocks.filter((_, b) => scene.blockTint[b] === n + 1), 7, palette[tint]!, 0.55))
  }

  private links(scene: Scene, k: number, view: Rect, looks: Looks, far: boolean) {
    const { ctx } = this
    const spot = looks.spotLinks
    const scale = Math.min(1.3, Math.max(0.6, k)) / k
    ctx.lineJoin = 'round'
    for (const pass of spot ? [0, 1] : [1]) {
      ctx.globalAlpha = pass === 0 ? 0.2 : 1
      for (const band of LINK_ORDER) {
        for (const weak of looks.dotted ? [0, 1] : [-1]) {
          ctx.beginPath()
          for (let l = 0; l < scene.links.length; l++) {
            if (scene.linkBand[l] !== band || (spot && spot[l] !== pass) || (weak >= 0 && scene.weak[l] !== weak)) continue
            if (this.showsLink(scene, l, k, view, far)) this.trace(scene, l, k)
          }
          ctx.strokeStyle = band === LINK_BAND.down ? this.palette['bad-mark']! : band === LINK_BAND.unknown ? this.palette['util-0']! : looks.bands[band]!
          ctx.lineWidth = WIDTHS[band]! * scale
          ctx.setLineDash(band === LINK_BAND.down ? [6 * scale, 4 * scale] : weak === 1 ? [1.5 * scale, 4 * scale] : [])
          ctx.stroke()
        }
      }
    }
    ctx.globalAlpha = 1
    ctx.setLineDash([])
    for (const l of looks.halos.keys()) this.strokeOne(scene, l, k, 9 * scale, this.palette.accent!, 0.35)
    if (looks.hoverLink >= 0) this.strokeOne(scene, looks.hoverLink, k, 7 * scale, this.palette.focus!, 0.35)
    if (looks.selectedLink >= 0) this.strokeOne(scene, looks.selectedLink, k, 8 * scale, this.palette.focus!, 0.55)
  }

  private showsLink(scene: Scene, l: number, k: number, view: Rect, far: boolean): boolean {
    if (k < LEVEL.leafLinks && scene.leafLink[l] === 1) return false
    if (far && scene.layout.site[scene.linkNodes[2 * l]!] === scene.layout.site[scene.linkNodes[2 * l + 1]!]) return false
    const b = l * 4
    const bounds = scene.linkBounds
    return bounds[b]! < view.x + view.w && bounds[b + 2]! > view.x && bounds[b + 1]! < view.y + view.h && bounds[b + 3]! > view.y
  }

  private strokeOne(scene: Scene, l: number, k: number, width: number, colour: string, alpha: number) {
    const { ctx } = this
    ctx.beginPath()
    this.trace(scene, l, k)
    ctx.strokeStyle = colour
    ctx.lineWidth = width
    ctx.globalAlpha = alpha
    ctx.stroke()
    ctx.globalAlpha = 1
  }

  private trace(scene: Scene, l: number, k: number) {
    const { ctx } = this
    const { kind, start, points } = scene.layout.routes
    const first = start[l]!
    const last = start[l + 1]! - 2
    if (last <= first) return
    const [x1, y1, x2, y2] = [points[first]!, points[first + 1]!, points[last]!, points[last + 1]!]
    ctx.moveTo(x1, y1)
    if (kind[l] === ROUTE.curve) ctx.bezierCurveTo(x1, (y1 + y2) / 2, x2, (y1 + y2) / 2, x2, y2)
    else if (kind[l] === ROUTE.arc) ctx.quadraticCurveTo((x1 + x2) / 2, Math.min(y1, y2) - 2 * Math.min(ARC_MAX, 14 + Math.abs(x2 - x1) * 0.05), x2, y2)
    else {
      for (let p = first + 2; p < last; p += 2) {
        const [px, py, qx, qy, rx, ry] = [points[p - 2]!, points[p - 1]!, points[p]!, points[p + 1]!, points[p + 2]!, points[p + 3]!]
        const room = Math.min(Math.abs(qx - px) + Math.abs(qy - py), Math.abs(rx - qx) + Math.abs(ry - qy)) / 2
        if (k < LEVEL.sites) ctx.lineTo(qx, qy)
        else ctx.arcTo(qx, qy, rx, ry, Math.min(16, room))
      }
      ctx.lineTo(x2, y2)
    }
  }

  private visibleNodes(scene: Scene, view: Rect): number[] {
    const { x, y } = scene.layout
    const list: number[] = []
    for (let i = 0; i < x.length; i++) {
      if (x[i]! > view.x - 40 && x[i]! < view.x + view.w + 40 && y[i]! > view.y - 40 && y[i]! < view.y + view.h + 40) list.push(i)
    }
    return list
  }

  private dots(scene: Scene, k: number, visible: number[], looks: Looks) {
    const { ctx, palette } = this
    const { x, y, tier } = scene.layout
    NODE_COLOURS.forEach((colour, band) => {
      for (const pass of looks.spotNodes ? [0, 1] : [1]) {
        ctx.beginPath()
        for (const i of visible) {
          if (scene.nodeBand[i] !== band || (looks.spotNodes && looks.spotNodes[i] !== pass)) continue
          const [w, h] = [[8, 6], [8, 6], [7, 5], [6, 5], [4, 4]][tier[i]!]!.map(side => side! / Math.max(k, 0.2))
          ctx.rect(x[i]! - w! / 2, y[i]! - h! / 2, w!, h!)
        }
        ctx.globalAlpha = pass === 0 ? 0.25 : 1
        ctx.fillStyle = band === NODE_BAND.ok ? palette['line-strong']! : palette[colour]!
        ctx.fill()
      }
    })
    ctx.globalAlpha = 1
  }

  private glyphs(scene: Scene, k: number, visible: number[], looks: Looks) {
    const { ctx, palette } = this
    const { x, y, tier } = scene.layout
    const scale = nodeScale(k)
    NODE_COLOURS.forEach((colour, band) => {
      for (const pass of looks.spotNodes ? [0, 1] : [1]) {
        const members = visible.filter(i => scene.nodeBand[i] === band && (!looks.spotNodes || looks.spotNodes[i] === pass))
        if (members.length === 0) continue
        ctx.globalAlpha = pass === 0 ? 0.4 : 1
        ctx.beginPath()
        for (const i of members) {
          const { w, h } = nodeSize(scene, i, k)
          if (tier[i] === 4) { ctx.moveTo(x[i]! + w / 2, y[i]!); ctx.arc(x[i]!, y[i]!, w / 2, 0, 2 * Math.PI) }
          else ctx.roundRect(x[i]! - w / 2, y[i]! - h / 2, w, h, 5 * scale)
        }
        ctx.fillStyle = band === NODE_BAND.bad ? palette['bad-bg']! : band === NODE_BAND.warn ? palette['warn-bg']! : palette.surface!
        ctx.fill()
        ctx.strokeStyle = palette[colour]!
        ctx.lineWidth = (band === NODE_BAND.ok || band === NODE_BAND.off ? 1.2 : 2) * scale
        ctx.setLineDash(band === NODE_BAND.behind || band === NODE_BAND.off ? [3 * scale, 2.5 * scale] : [])
        ctx.stroke()
        ctx.setLineDash([])
        this.roleGlyphs(scene, members, scale)
        if (band !== NODE_BAND.ok && band !== NODE_BAND.off) this.marks(scene, members, band, k, palette[colour]!)
      }
    })
    ctx.globalAlpha = 1
  }

  private roleGlyphs(scene: Scene, members: number[], scale: number) {
    const { ctx } = this
    const { x, y, tier } = scene.layout
    ctx.beginPath()
    for (const i of members) traceGlyph(ctx, scene.glyph[i]!, x[i]!, y[i]!, scale * (tier[i]! <= 1 ? 1.05 : tier[i] === 4 ? 0.72 : 0.85))
    ctx.lineWidth = 1.15 * scale
    ctx.stroke()
  }

  private marks(scene: Scene, members: number[], band: number, k: number, colour: string) {
    const { x, y } = scene.layout
    const at = members.flatMap((i) => { const { w, h } = nodeSize(scene, i, k); return [x[i]! + w / 2, y[i]! - h / 2] })
    this.marksAt(at, band, 4 * Math.min(1.5, Math.max(k, 0.7)) / k, colour)
  }

  /** Marks with their centres at `at` (x and y in turn), the same shapes as everywhere. */
  private marksAt(at: number[], band: number, r: number, colour: string) {
    const { ctx, palette } = this
    const each = (draw: (x: number, y: number) => void) => { for (let p = 0; p < at.length; p += 2) draw(at[p]!, at[p + 1]!) }
    const hollow = band === NODE_BAND.behind
    ctx.beginPath()
    each((x, y) => traceMark(ctx, band, x, y, r))
    ctx.fillStyle = hollow ? palette.surface! : colour
    ctx.fill()
    ctx.lineWidth = r * 0.32
    ctx.strokeStyle = hollow ? colour : palette.surface!
    ctx.stroke()
    if (band !== NODE_BAND.bad) return
    ctx.beginPath()
    const arm = r * 0.45
    each((x, y) => { ctx.moveTo(x - arm, y - arm); ctx.lineTo(x + arm, y + arm); ctx.moveTo(x + arm, y - arm); ctx.lineTo(x - arm, y + arm) })
    ctx.stroke()
  }

  private rings(scene: Scene, k: number, looks: Looks) {
    const { ctx, palette } = this
    const { x, y } = scene.layout
    const ring = (i: number, colour: string, width: number) => {
      if (i < 0 || i >= x.length) return
      const { w, h } = nodeSize(scene, i, k)
      const gap = 4 / k
      ctx.beginPath()
      ctx.roundRect(x[i]! - w / 2 - gap, y[i]! - h / 2 - gap, w + 2 * gap, h + 2 * gap, 7 / k)
      ctx.lineWidth = width / k
      ctx.strokeStyle = colour
      ctx.stroke()
    }
    ring(looks.hoverNode, palette['line-strong']!, 1.5)
    ring(looks.selectedNode, palette.accent!, 2.5)
    ring(looks.focusNode, palette.focus!, 2)
  }

  private labels(scene: Scene, k: number, visible: number[], looks: Looks) {
    const { ctx, palette } = this
    const { x, y, tier, block } = scene.layout
    const px = Math.min(14, Math.max(10.5, 11 * k)) / k
    ctx.font = `500 ${px}px ${palette.font}`
    ctx.textAlign = 'center'
    ctx.textBaseline = 'top'
    ctx.lineWidth = 3 / k
    ctx.lineJoin = 'round'
    for (const i of visible) {
      const band = scene.nodeBand[i]!
      const named = i === looks.hoverNode || i === looks.selectedNode || i === looks.focusNode
      const loud = band === NODE_BAND.bad && k >= LEVEL.loud
      const loose = block[i]! >= 0 && scene.layout.blocks[block[i]!]!.loose
      if (!named && !loud && k < (loose ? 0.62 : LEVEL.labels[tier[i]!]!)) continue
      if (!named && looks.spotNodes && looks.spotNodes[i] === 0) continue
      const room = (loose ? 92 : [150, 150, 128, 128, 26][tier[i]!]!) * k
      const text = named ? scene.labels[i]! : fitted(scene.labels[i]!, loud ? Math.max(room, 80) : Math.max(room, 34))
      const top = y[i]! + nodeSize(scene, i, k).h / 2 + (named ? 6 : 2.5) / k
      ctx.strokeStyle = palette.surface!
      ctx.strokeText(text, x[i]!, top)
      ctx.fillStyle = band === NODE_BAND.bad ? palette['bad-mark']! : named ? palette.text! : palette['text-dim']!
      ctx.fillText(text, x[i]!, top)
    }
  }

  /** Titles keep their size on the screen; counts of what is down and degraded follow with their marks. Far away they stand in the middle. */
  private titles(scene: Scene, k: number, view: Rect, restName: string, far: boolean) {
    const { ctx, palette } = this
    const { sites, blocks } = scene.layout
    ctx.textAlign = 'left'
    ctx.textBaseline = 'middle'
    sites.forEach((site, s) => {
      if (!touches(site, view) || site.w * k < 24) return
      const px = (far ? Math.min(20, Math.max(12, site.h * k * 0.12)) : 13) / k
      const { down, warning } = scene.siteCounts[s]!
      const parts = [
        { text: fitted(site.name || restName, site.w * k - 24, 7), colour: palette.text!, weight: 620, mark: -1 },
        { text: String(site.count), colour: palette['text-dim']!, weight: 420, mark: -1 },
        { text: String(down), colour: palette['bad-mark']!, weight: 520, mark: down > 0 ? NODE_BAND.bad : -2 },
        { text: String(warning), colour: palette['warn-mark']!, weight: 520, mark: warning > 0 ? NODE_BAND.warn : -2 },
      ].filter(part => part.mark > -2).map((part) => {
        ctx.font = `${part.weight} ${px}px ${palette.font}`
        return { ...part, font: ctx.font, w: ctx.measureText(part.text).width + px * (part.mark >= 0 ? 1.7 : 0.7) }
      })
      let left = far ? site.x + (site.w - parts.reduce((sum, part) => sum + part.w, 0)) / 2 : site.x + 12 / k
      const y = far ? site.y + site.h / 2 : site.y + 17 / k
      for (const part of parts) {
        if (part.mark >= 0) this.marksAt([left + px * 0.4, y], part.mark, px * 0.38, part.colour)
        ctx.font = part.font
        ctx.fillStyle = part.colour
        ctx.fillText(part.text, left + (part.mark >= 0 ? px : 0), y)
        left += part.w
      }
    })
    if (far || k < LEVEL.labels[0]) return
    ctx.font = `420 ${11 / k}px ${palette.font}`
    ctx.fillStyle = palette['text-dim']!
    for (const block of blocks) if (block.label && touches(block, view)) ctx.fillText(fitted(block.label, block.w * k * 0.45), block.x + 8 / k, block.y + 12 / k)
  }
}

function touches(p: Rect, q: Rect): boolean {
  return p.x < q.x + q.w && q.x < p.x + p.w && p.y < q.y + q.h && q.y < p.y + p.h
}
