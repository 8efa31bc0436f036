import { computed, type WritableComputedRef } from 'vue'
import { type LocationQueryRaw, useRoute, useRouter } from 'vue-router'

const text = (value: unknown) => (Array.isArray(value) ? value[0] : value) as string | null | undefined

/**
 * One value of the page that lives in the URL. `initial` is left out of the address.
 * `push` makes a step of the history (a tab), the default replaces (a filter being typed).
 */
export function useQueryText(name: string, initial = '', push = false): WritableComputedRef<string> {
  const write = useQueryWriter()
  const route = useRoute()
  return computed({
    get: () => text(route.query[name]) ?? initial,
    set: (value) => write({ [name]: value === initial ? undefined : value }, push),
  })
}

/** A list in the URL, written with commas. */
export function useQueryList(name: string): WritableComputedRef<string[]> {
  const write = useQueryWriter()
  const route = useRoute()
  return computed({
    get: () => text(route.query[name])?.split(',').filter(Boolean) ?? [],
    set: (value) => write({ [name]: value.length ? value.join(',') : undefined }, false),
  })
}

/** Several values of a fixed set of names at once (the filters of a list). */
export function useQueryRecord(names: readonly string[]): WritableComputedRef<Record<string, string>> {
  const write = useQueryWriter()
  const route = useRoute()
  return computed({
    get() {
      const record: Record<string, string> = {}
      for (const name of names) {
        const value = text(route.query[name])
        if (value) record[name] = value
      }
      return record
    },
    set: (record) => write(Object.fromEntries(names.map((n) => [n, record[n] || undefined])), false),
  })
}

// Two writes in one tick must not lose one another: they are merged and navigated once.
let pending: LocationQueryRaw | null = null

function useQueryWriter() {
  const route = useRoute()
  const router = useRouter()
  return (change: LocationQueryRaw, push: boolean) => {
    const first = pending === null
    pending = { ...pending, ...change }
    if (!first) return
    queueMicrotask(() => {
      const merged = { ...route.query, ...pending }
      const query = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined))
      pending = null
      void router[push ? 'push' : 'replace']({ query, hash: route.hash })
    })
  }
}
