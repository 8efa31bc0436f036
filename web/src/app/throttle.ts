import type { QueryClient, QueryKey } from '@tanstack/vue-query'

const EVERY_MS = 2000
const waiting = new Set<string>()

/** Invalidates a key at most every two seconds, however many events ask for it. */
export function invalidateSoon(client: QueryClient, queryKey: QueryKey): void {
  const name = JSON.stringify(queryKey)
  if (waiting.has(name)) return
  waiting.add(name)
  window.setTimeout(() => {
    waiting.delete(name)
    void client.invalidateQueries({ queryKey })
  }, EVERY_MS)
}
