import { computed, type ComputedRef } from 'vue'
import { nav } from './features'
import type { Badge, NavEntry } from './feature'
import { can } from './session'

export interface ShownEntry { entry: NavEntry; badge: ComputedRef<Badge | null> | null }

const groups = ['watch', 'platform', 'manage'] as const

/** What the user may open, by group; call in a setup: badges live as long as the component. */
export function useNavigation() {
  const all = nav.map((entry): ShownEntry => ({ entry, badge: entry.badge ? entry.badge() : null }))
  const shown = computed(() => all.filter(({ entry }) => !entry.needs || can(entry.needs)))
  return {
    shown,
    byGroup: computed(() => groups.map((group) => ({ group, entries: shown.value.filter((s) => s.entry.group === group) })).filter((g) => g.entries.length)),
  }
}

/** Is the page inside the place that `entry` leads to? */
export function isInside(path: string, entry: NavEntry): boolean {
  return entry.to === '/' ? path === '/' : path === entry.to || path.startsWith(`${entry.to}/`)
}
