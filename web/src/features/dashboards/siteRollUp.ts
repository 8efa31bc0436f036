import type { SiteSummary } from '@/api/models'

/** A site on the overview with what it holds: the ids of itself and of all below it. */
export interface SiteTotal extends SiteSummary { ids: string[] }
interface Place { id: string; name: string; parent_id: string | null }

/**
 * Buildings are counted into the site they belong to, so that three sites with a Building B1 each are three tiles. Where
 * everything lies below one site, its buildings are the tiles.
 */
export function rollUp(summaries: readonly SiteSummary[], places: readonly Place[]): SiteTotal[] {
  const byId = new Map(places.map((place) => [place.id, place]))
  const wayUp = (id: string, seen = new Set<string>()): Place[] => {
    const place = byId.get(id)
    if (!place || seen.has(id)) return []
    return [...(place.parent_id ? wayUp(place.parent_id, seen.add(id)) : []), place]
  }
  const ways = summaries.map((summary) => (summary.id === null ? [] : wayUp(summary.id)))
  const roots = new Set(ways.flatMap((way) => way[0]?.id ?? []))
  const depth = roots.size > 1 ? 0 : 1
  const totals = new Map<string, SiteTotal>()
  summaries.forEach((summary, i) => {
    const way = ways[i] ?? []
    const top = way[Math.min(depth, way.length - 1)]
    const key = top?.id ?? summary.id ?? ''
    const total = totals.get(key) ?? { id: key || null, name: top?.name ?? summary.name, devices: 0, down: 0, degraded: 0, ids: [] }
    totals.set(key, {
      ...total, devices: total.devices + summary.devices, down: total.down + summary.down, degraded: total.degraded + summary.degraded,
      ids: summary.id === null ? total.ids : [...total.ids, summary.id],
    })
  })
  return [...totals.values()]
}
