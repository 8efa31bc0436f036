import type { Run, RunResult } from '@/api/models'
import type { LiveFrame } from '@/app/live'

/** What a frame of `discoveries.{id}` brings. */
export interface RunNews { run: Run, results: RunResult[] }

export function newsOf(frames: readonly LiveFrame[]): RunNews[] {
  return frames.filter(frame => frame.type === 'discovery').map(frame => frame.data as Partial<RunNews>).flatMap(data => (data.run ? [{ run: data.run, results: data.results ?? [] }] : []))
}

/** Appends what is new; an address told twice keeps its place and takes the newer word. */
export function mergeResults(known: readonly RunResult[], fresh: readonly RunResult[]): RunResult[] {
  if (fresh.length === 0) return known as RunResult[]
  const merged = [...known]
  const at = new Map(merged.map((result, n) => [result.address, n]))
  for (const result of fresh) {
    const place = at.get(result.address)
    if (place === undefined) {
      at.set(result.address, merged.length)
      merged.push(result)
    } else merged[place] = result
  }
  return merged
}

export const isOver = (run: Run | null | undefined) => run !== null && run !== undefined && !['queued', 'running'].includes(run.status)

/** Devices that the run before had found and this one did not. */
export function missingSince(before: readonly RunResult[], now: readonly RunResult[]): RunResult[] {
  const answered = new Set(now.map(result => result.address))
  return before.filter(result => result.device_id !== null && !answered.has(result.address))
}
