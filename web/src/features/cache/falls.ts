import type { CacheOperation } from '@/api/models'

/** All tags that some answer carries, by name. */
export function tagsOf(operations: readonly CacheOperation[]): string[] {
  return [...new Set(operations.flatMap((row) => row.tags))].sort()
}

/** An operation whose answers fall, and how many of them memory holds. */
export interface Fall { operation: string; entries: number }

/** What falls with these tags; all of it where `everything`. Memory alone counts by operation, so that is what is counted. */
export function fallsWith(operations: readonly CacheOperation[], tags: readonly string[], everything: boolean): Fall[] {
  const falls = new Map<string, number>()
  for (const row of operations) {
    if (!everything && !row.tags.some((tag) => tags.includes(tag))) continue
    falls.set(row.operation, (falls.get(row.operation) ?? 0) + row.entries)
  }
  return [...falls].map(([operation, entries]) => ({ operation, entries })).sort((a, b) => (a.operation < b.operation ? -1 : 1))
}
