import type { Point } from '@/api/models'

/** One line of a TimeChart. */
export interface ChartLine {
  key: string
  label: string
  points: Point[]
  /** 1–8: `--series-n`, or a token such as `--bad`. */
  color: number | string
  fill?: boolean
  dash?: boolean
  /** Drawn below zero (traffic out under traffic in). */
  below?: boolean
}

/** A coloured stretch of time behind the lines. */
export interface ChartBand { from: number; to: number; tone: 'bad' | 'warn' | 'off'; label?: string }
/** A moment worth a line: a configuration change, a reboot. */
export interface ChartMarker { at: number; label: string }

/** Lines on one time axis in seconds, as uPlot wants them; a missing value stays a gap. */
export function align(lines: ChartLine[]): [number[], ...(number | null)[][]] {
  const times = [...new Set(lines.flatMap((l) => l.points.map((p) => p[0])))].sort((a, b) => a - b)
  const index = new Map(times.map((time, i) => [time, i]))
  const columns = lines.map((line) => {
    const column = new Array<number | null>(times.length).fill(null)
    for (const [time, value] of line.points) column[index.get(time) ?? 0] = value === null ? null : line.below ? -value : value
    return column
  })
  return [times.map((time) => time / 1000), ...columns]
}

export interface Summary { last: number | null; min: number | null; max: number | null; mean: number | null }

/** What a screen reader is told of a line. */
export function summarise(points: Point[]): Summary {
  const known = points.map((p) => p[1]).filter((v): v is number => v !== null)
  if (known.length === 0) return { last: null, min: null, max: null, mean: null }
  let min = Infinity
  let max = -Infinity
  let sum = 0
  for (const value of known) { min = Math.min(min, value); max = Math.max(max, value); sum += value }
  return { last: points.at(-1)?.[1] ?? null, min, max, mean: sum / known.length }
}

/** The value that `share` of the known points do not pass (0.95: the usual figure of transit bills). */
export function percentile(points: Point[], share: number): number | null {
  const known = points.map((p) => p[1]).filter((v): v is number => v !== null).sort((a, b) => a - b)
  if (known.length === 0) return null
  return known[Math.min(known.length - 1, Math.ceil(known.length * share) - 1)] ?? null
}
