import type { AdminEntry, Feature, NavEntry } from './feature'

const modules = import.meta.glob<Feature>('../features/*/routes.ts', { eager: true, import: 'default' })

/** Every feature of the tree; a new folder with a `routes.ts` appears without touching the shell. */
export const features: Feature[] = Object.values(modules)

export const nav: NavEntry[] = features.flatMap((f) => f.nav ?? []).sort((a, b) => a.order - b.order)
export const adminEntries: AdminEntry[] = features.flatMap((f) => f.admin ?? []).sort((a, b) => a.order - b.order)
