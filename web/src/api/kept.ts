import { readonly, ref } from 'vue'

/**
 * Since when answers of the server are not fresh, as its database is away (milliseconds since 1970, of the oldest that is shown), or
 * `null`. The server gives those that it gave before, and says so by `Age` and `Cache-Status` (RFC 9211); others, which need no
 * database, stay fresh.
 */
const since = ref<number | null>(null)
export const keptSince = readonly(since)

const byPath = new Map<string, number>()

/** Learns from an answer to this path. */
export function noteKept(path: string, response: Response, now = Date.now()): void {
  const isKept = response.headers.get('Cache-Status')?.includes('storage_failed') ?? false
  if (isKept) byPath.set(path, now - Number(response.headers.get('Age')) * 1000)
  else if (response.ok) byPath.delete(path)
  since.value = byPath.size ? Math.min(...byPath.values()) : null
}
