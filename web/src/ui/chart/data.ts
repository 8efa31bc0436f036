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
  /** Lines of one thing share an entry of the legend, under this name; `label` then names the line inside it. */
  group?: string
  /** Said in the legend instead of the value: "down". */
  note?: string
}

/** What a line is called where its group is not seen beside it. */
export const lineName = (line: ChartLine) => (line.group ? `${line.group} ${line.label}` : line.label)

/** A coloured stretch of time behind the lines. */
export interface ChartBand { from: number; to: number; tone: 'bad' | 'warn' | 'off'; label?: string }
/** A moment worth a line: a configuration change, a reboot. */
export interface ChartMarker { at: number; label: string }

/** A value worth a line across: a threshold, a percentile, the capacity. */
export interface ChartLimit {
  value: number
  label: string
  /** Belongs to the lines drawn below zero. */
  below?: boolean
}

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

/** Entries of the legend: one a line, or one a group with its lines side by side. */
export function legendOf(lines: ChartLine[]): { key: string; label: string; lines: { line: ChartLine; index: number }[] }[] {
  const entries = new Map<string, { key: string; label: string; lines: { line: ChartLine; index: number }[] }>()
  lines.forEach((line, index) => {
    const key = line.group ?? line.key
    const entry = entries.get(key) ?? { key, label: line.group ?? line.label, lines: [] }
    entry.lines.push({ line, index })
    entries.set(key, entry)
  })
  return [...entries.values()]
}

/** A line of which fewer than two values are known is drawn as a dot. */
export const isDot = (line: ChartLine) => line.points.filter((p) => p[1] !== null).length < 2

/** When the first known value of any line was taken, seconds. */
export function firstKnown(lines: ChartLine[]): number | undefined {
  const times = lines.flatMap((line) => line.points.find((p) => p[1] !== null)?.[0] ?? [])
  return times.length ? Math.min(...times) / 1000 : undefined
}

const YOUNG_SHARE = 0.34
const YOUNG_LEAST_S = 120

/**
 * What a chart shows of its range, in seconds: all of it, or, while less than a third is known, the stretch since the
 * first value, so that a watch that began a minute ago is a curve and not a splinter at the right edge.
 */
export function shownRange(range: { from: number; to: number }, firstS: number | undefined): { from: number; to: number; since: number | null } {
  const [from, to] = [range.from / 1000, range.to / 1000]
  if (firstS === undefined || to - firstS >= (to - from) * YOUNG_SHARE) return { from, to, since: null }
  const start = Math.min(firstS - (to - firstS) * 0.03, to - YOUNG_LEAST_S)
  return start <= from ? { from, to, since: null } : { from: start, to, since: firstS }
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

/**
 * The value that `share` of the known points do not pass (0.95: the usual figure of transit bills). `null` for so few points that
 * it would only be the largest.
 */
export function percentile(points: Point[], share: number): number | null {
  const known = points.map((p) => p[1]).filter((v): v is number => v !== null).sort((a, b) => a - b)
  // A hair less: 1 - 0.95 is a little more than a twentieth to a computer.
  if (known.length * (1 - share) < 1 - 1e-9) return null
  return known[Math.min(known.length - 1, Math.ceil(known.length * share) - 1)] ?? null
}
