import { computed, ref, type ComputedRef } from 'vue'
import { session } from './session'

/** A list with its filters and order, kept under a name. */
export interface SavedView { id: string; name: string; query: Record<string, string> }

function load(key: string): SavedView[] {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? '[]') as unknown
    return Array.isArray(kept) ? kept.filter((v): v is SavedView => typeof v === 'object' && v !== null && 'id' in v && 'name' in v && 'query' in v) : []
  } catch {
    return []
  }
}

/** Do two queries show the same list? Names without a value count as absent. */
export function sameQuery(a: Record<string, string>, b: Record<string, string>): boolean {
  const clean = (query: Record<string, string>) => JSON.stringify(Object.entries(query).filter(([, v]) => v !== '').sort(([x], [y]) => (x < y ? -1 : 1)))
  return clean(a) === clean(b)
}

export interface SavedViews {
  views: ComputedRef<SavedView[]>
  save: (name: string, query: Record<string, string>) => SavedView
  /** Takes a view away; the answer puts it back where it was. */
  remove: (id: string) => () => void
}

/** Views of one list that this user kept in this browser. */
export function useSavedViews(list: string): SavedViews {
  const key = `vigie.views.${list}.${session.user.value?.id ?? ''}`
  const kept = ref(load(key))
  const write = (next: SavedView[]) => {
    kept.value = next
    localStorage.setItem(key, JSON.stringify(next))
  }
  return {
    views: computed(() => kept.value),
    save(name, query) {
      const view = { id: `${Date.now().toString(36)}${kept.value.length}`, name, query }
      write([...kept.value.filter((v) => v.name !== name), view])
      return view
    },
    remove(id) {
      const before = kept.value
      write(before.filter((v) => v.id !== id))
      return () => write(before)
    },
  }
}
