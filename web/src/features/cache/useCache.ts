import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { api, unwrap } from '@/api/client'
import type { CacheStats } from '@/api/models'

const keys = { stats: ['cache', 'stats'] as const, warming: ['cache', 'warming'] as const }
const LOOK_EVERY_MS = 5000

/** What the cache of the node that answers did since its start. */
export function useCacheStats() {
  return useQuery({ queryKey: keys.stats, queryFn: ({ signal }) => unwrap<CacheStats>(api.GET('/api/v1/cache/stats', { signal })), refetchInterval: LOOK_EVERY_MS })
}

/** When dashboards and popular searches are made before somebody asks: cron expressions in UTC, empty when never. */
export function useWarming() {
  return useQuery({
    queryKey: keys.warming, staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const values = await unwrap<Record<string, { value: unknown } | undefined>>(api.GET('/api/v1/system/configuration', { signal }))
      const schedule = (name: string) => { const value = values[`cache.${name}`]?.value; return typeof value === 'string' ? value : null }
      return { dashboards: schedule('warm_dashboards'), searches: schedule('warm_searches') }
    },
  })
}

/** From now on nothing with these tags holds; nothing at all without tags. */
export function useInvalidate() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (tags: string[]) => unwrap(api.POST('/api/v1/cache/invalidate', { body: { tags } })),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.stats }),
  })
}
