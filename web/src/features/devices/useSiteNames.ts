import { computed } from 'vue'
import { sites, siteTree } from '@/features/devices'

/** Sites by their whole path: three sites may each have a Building B1. */
export function useSiteNames() {
  const { data } = sites.useAll()
  const entries = computed(() => siteTree(data.value ?? []).map(({ site, path }) => ({ id: site.id, name: path })))
  const byId = computed(() => new Map(entries.value.map(entry => [entry.id, entry.name])))
  return { entries, nameOf: (id: string | null) => (id === null ? null : byId.value.get(id) ?? null) }
}
