/** Times sorted into equal stretches of a range, counted by kind. */
export interface Bin { from: number; to: number; counts: number[]; total: number }

const STEPS_S = [10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400]

/** Length of a stretch, ms: the round one that gives at most `most` of them. */
export function binLength(range: { from: number; to: number }, most: number): number {
  const wanted = (range.to - range.from) / most / 1000
  return (STEPS_S.find((s) => s >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400) * 1000
}

/** Counts `items` (`[ms, kind]`, a kind is an index below `kinds`); stretches begin at round times. */
export function binned(items: readonly (readonly [number, number])[], range: { from: number; to: number }, kinds: number, most = 60): Bin[] {
  const step = binLength(range, most)
  const start = Math.floor(range.from / step) * step
  const bins: Bin[] = []
  for (let from = start; from < range.to; from += step) bins.push({ from, to: from + step, counts: new Array<number>(kinds).fill(0), total: 0 })
  for (const [at, kind] of items) {
    const bin = bins[Math.floor((at - start) / step)]
    if (!bin || at < range.from || at > range.to) continue
    bin.counts[kind] = (bin.counts[kind] ?? 0) + 1
    bin.total++
  }
  return bins
}
