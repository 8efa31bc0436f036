import { computed } from 'vue'
import { siteTree, sites } from './useCatalogue'

/** Sites by their whole path: three sites may each have a Building B1. */
export function useSiteNames() {
  const { data } = sites.useAll()
  const tree = computed(() => siteTree(data.value ?? []))
  const entries = computed(() => tree.value.map(({ site, path }) => ({ id: site.id, name: path })))
  const byId = computed(() => new Map(tree.value.map(entry => [entry.site.id, entry])))
  const nameOf = (id: string | null) => (id === null ? null : byId.value.get(id)?.path ?? null)
  /** The way down to a site, itself last. */
  function wayTo(id: string | null): { id: string; name: string }[] {
    const site = id === null ? undefined : byId.value.get(id)?.site
    return site ? [...wayTo(site.parent_id), { id: site.id, name: site.name }] : []
  }
  return { entries, nameOf, wayTo }
}
