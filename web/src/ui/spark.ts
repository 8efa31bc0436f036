const YOUNG_SHARE = 0.34

/** A path through `values` in a box; gaps stay gaps. `null` when there is nothing to draw. */
export function sparkPath(values: (number | null)[], width: number, height: number, max?: number): { line: string; area: string } | null {
  const known = values.filter((v): v is number => v !== null)
  if (known.length < 2) return null
  const first = values.findIndex((v) => v !== null)
  // Of a watch that began lately the whole width shows what is known.
  if (values.length - first < values.length * YOUNG_SHARE) return sparkPath(values.slice(first), width, height, max)
  const top = Math.max(max ?? 0, ...known) || 1
  const x = (i: number) => round((i / (values.length - 1)) * width)
  const y = (v: number) => round(height - 1 - (v / top) * (height - 2))
  let line = ''
  let area = ''
  let start: number | null = null
  values.forEach((value, i) => {
    if (value === null) {
      if (start !== null) area += `L${x(i - 1)} ${height}Z`
      start = null
      return
    }
    line += `${start === null ? 'M' : 'L'}${x(i)} ${y(value)}`
    area += start === null ? `M${x(i)} ${height}L${x(i)} ${y(value)}` : `L${x(i)} ${y(value)}`
    start ??= i
  })
  if (start !== null) area += `L${width} ${height}Z`
  return { line, area }
}

const round = (n: number) => Math.round(n * 10) / 10
