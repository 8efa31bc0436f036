import type { Figure, Source, SystemDashboard } from '@/api/models'

/** A figure of the host by its name; of several (a mount each) the largest. */
export function figureOf(data: SystemDashboard | undefined, name: string): Figure | null {
  const found = data?.metrics[name]
  if (!found) return null
  if (!Array.isArray(found)) return found
  return [...found].sort((a, b) => (b.value ?? 0) - (a.value ?? 0))[0] ?? null
}

/** The sources behind one card, so that the card names what it lacks. */
export function sourcesOf(data: { sources: Source[] } | undefined, ...names: string[]): Source[] {
  return (data?.sources ?? []).filter((source) => names.includes(source.name))
}
