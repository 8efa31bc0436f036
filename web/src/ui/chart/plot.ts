import uPlot from 'uplot'
import { formatClock, formatMoment } from '../format'
import { token } from '../theme'
import { isDot, type ChartBand, type ChartLimit, type ChartLine, type ChartMarker } from './data'

export interface PlotSettings {
  width: number
  height: number
  lines: ChartLine[]
  bands: ChartBand[]
  markers: ChartMarker[]
  limits: ChartLimit[]
  /** Seconds since 1970; asked at each drawing, so that a moving window needs no new plot. */
  range: () => [number, number] | null
  format: (value: number) => string
  /** Charts with the same word share the crosshair. */
  sync?: string
  /** Upper end of the scale when it is known (a line's speed, 1 for shares). */
  max?: number
  onZoom: (from: number, to: number) => void
  onCursor: (index: number | null) => void
}

// A canvas does not resolve var(): tokens are read when the plot is made, and it is made again when the theme changes.
const colorOf = (line: ChartLine) => token(typeof line.color === 'number' ? `--series-${line.color}` : line.color)
const tint = (color: string, share: number) => `color-mix(in srgb, ${color} ${share}%, transparent)`

function fillOf(color: string): string {
  const probe = document.createElement('canvas').getContext('2d')
  if (!probe) return 'transparent'
  probe.fillStyle = tint(color, 14)
  return probe.fillStyle
}

function drawBands(plot: uPlot, settings: PlotSettings): void {
  const { ctx } = plot
  const { left, top, width, height } = plot.bbox
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, width, height)
  ctx.clip()
  for (const band of settings.bands) {
    const from = plot.valToPos(band.from / 1000, 'x', true)
    const to = plot.valToPos(band.to / 1000, 'x', true)
    ctx.globalAlpha = 0.16
    ctx.fillStyle = token(`--${band.tone}-mark`)
    ctx.fillRect(from, top, Math.max(2, to - from), height)
  }
  ctx.globalAlpha = 1
  ctx.lineWidth = devicePixelRatio
  for (const marker of settings.markers) {
    const x = plot.valToPos(marker.at / 1000, 'x', true)
    ctx.strokeStyle = token('--info-mark')
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio])
    line(ctx, x, top, x, top + height)
  }
  for (const limit of settings.limits) {
    const y = plot.valToPos(limit.below ? -limit.value : limit.value, 'y', true)
    ctx.strokeStyle = token('--text-faint')
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio])
    line(ctx, left, y, left + width, y)
  }
  ctx.restore()
}

/** Names of the limits, over the curves and legible on them. */
function drawLabels(plot: uPlot, settings: PlotSettings): void {
  const { ctx } = plot
  const { left, top, width, height } = plot.bbox
  ctx.save()
  ctx.font = `${11 * devicePixelRatio}px ${token('--font-ui')}`
  ctx.textAlign = 'right'
  ctx.lineJoin = 'round'
  ctx.lineWidth = 3 * devicePixelRatio
  ctx.strokeStyle = token('--surface')
  ctx.fillStyle = token('--text-dim')
  const room = 15 * devicePixelRatio
  for (const limit of settings.limits) {
    const y = plot.valToPos(limit.below ? -limit.value : limit.value, 'y', true)
    // Away from zero, or on the other side of its line where the edge leaves no room.
    const over = limit.below ? top + height - y < room : y - top > room
    const at = y + (over ? -3 : 3) * devicePixelRatio
    ctx.textBaseline = over ? 'bottom' : 'top'
    ctx.strokeText(limit.label, left + width - 4, at)
    ctx.fillText(limit.label, left + width - 4, at)
  }
  ctx.restore()
}

function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
}

/** Charts under one crosshair begin at the same place. */
const SYNC_AXIS = 76
const DAY = 86_400

function timeLabels(plot: uPlot, splits: number[]): string[] {
  const span = (plot.scales.x?.max ?? 0) - (plot.scales.x?.min ?? 0)
  return splits.map((s) => (span > 2 * DAY ? formatMoment(s * 1000).replace(/ 00:00$/, '') : formatClock(s * 1000, span < 180)))
}

// Rates start at 0; lines drawn below make the scale reach as far down as they need.
function yRange(settings: PlotSettings) {
  return (_: uPlot, min: number | null, max: number | null): [number, number] => {
    const limit = (below: boolean) => Math.max(0, ...settings.limits.filter((l) => Boolean(l.below) === below).map((l) => l.value))
    const high = Math.max(max ?? 0, limit(false), settings.max ?? 0)
    const low = settings.lines.some((l) => l.below) ? Math.min(min ?? 0, -limit(true), 0) : 0
    const size = Math.max(high, -low) || 1
    const labelled = (below: boolean) => (limit(below) > 0 ? 1.2 : 1.08)
    const room = settings.max !== undefined && high <= settings.max ? 1 : labelled(false)
    return [low < 0 ? Math.min(low * labelled(true), -size * 0.15) : 0, Math.max(high * room, size * 0.15)]
  }
}

/** uPlot's options for these settings and the theme of this moment. */
export function plotOptions(settings: PlotSettings): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: token('--text-dim'), font: `11px ${token('--font-ui')}`, ticks: { show: false },
    grid: { stroke: token('--grid'), width: 1 }, border: { show: false },
  }
  return {
    width: settings.width,
    height: settings.height,
    legend: { show: false },
    padding: [8, 24, 0, 0],
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      ...(settings.sync ? { sync: { key: settings.sync, setSeries: false } } : {}),
    },
    scales: {
      x: { time: true, range: (_, min, max) => settings.range() ?? [min ?? 0, max ?? 1] },
      y: { range: yRange(settings) },
    },
    axes: [
      { ...axis, grid: { show: false }, values: timeLabels, size: 26, space: 90 },
      { ...axis, values: (_, splits) => splits.map((v) => (v === 0 ? '0' : settings.format(Math.abs(v)))), size: (plot, values) => Math.max(settings.sync ? SYNC_AXIS : 0, labelWidth(plot, values)), space: 34 },
    ],
    series: [
      {},
      ...settings.lines.map((entry) => ({
        label: entry.label, stroke: colorOf(entry), width: 1.5, spanGaps: false,
        // One value alone is no line: it is a dot.
        points: { show: isDot(entry), size: 5, fill: colorOf(entry) },
        ...(entry.fill ? { fill: fillOf(colorOf(entry)) } : {}),
        ...(entry.dash ? { dash: [5, 4] } : {}),
      })),
    ],
    hooks: {
      drawClear: [(plot) => drawBands(plot, settings)],
      draw: [(plot) => drawLabels(plot, settings)],
      setSelect: [(plot) => {
        const { left, width } = plot.select
        if (width < 6) return
        settings.onZoom(plot.posToVal(left, 'x') * 1000, plot.posToVal(left + width, 'x') * 1000)
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
      }],
      setCursor: [(plot) => settings.onCursor(plot.cursor.idx ?? null)],
    },
  }
}

function labelWidth(plot: uPlot, values: string[] | null): number {
  if (!values?.length) return 40
  const longest = values.reduce((a, b) => (a.length > b.length ? a : b), '')
  plot.ctx.save()
  plot.ctx.font = `${11 * devicePixelRatio}px ${token('--font-ui')}`
  const width = plot.ctx.measureText(longest).width / devicePixelRatio
  plot.ctx.restore()
  return Math.ceil(width) + 14
}
