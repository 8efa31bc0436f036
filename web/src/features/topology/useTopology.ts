import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, unwrap } from '@/api/client'
import type { Device, Page, Topology, TopologyLayout } from '@/api/models'
import { useLive } from '@/app/useLive'

export const topologyKeys = {
  all: ['topology'] as const,
  graph: (site: string | null) => ['topology', 'graph', site] as const,
  device: (id: string | null) => ['topology', 'device', id] as const,
}

const NARROWED_EVERY_MS = 10_000

/**
 * The graph, kept true by the channel `topology`. `site` narrows it to one site (needed when the server folds a large
 * one); the channel always tells of the whole, so a narrowed graph is asked for again.
 */
export function useTopology(site: MaybeRefOrGetter<string | null>) {
  const client = useQueryClient()
  const query = useQuery({
    queryKey: computed(() => topologyKeys.graph(toValue(site))),
    queryFn: ({ signal }) => {
      const id = toValue(site)
      return unwrap<Topology>(api.GET('/api/v1/topology', { params: { query: id ? { site: id } : {} }, signal }))
    },
    refetchInterval: () => (toValue(site) ? NARROWED_EVERY_MS : false),
    // The map compares objects itself; deep sharing over 20,000 of them costs more than it saves.
    structuralSharing: false,
  })
  useLive(() => (toValue(site) ? null : 'topology'), {}, (frames) => {
    const key = topologyKeys.graph(null)
    const whole = frames.findLast(frame => frame.type === 'topology')?.data as Topology | undefined
    if (whole?.nodes && whole.links) client.setQueryData(key, whole)
    else if (frames.some(frame => frame.type === 'gap')) void client.invalidateQueries({ queryKey: key })
  })
  return query
}

/** What the panel says of a device beyond what the graph carries. */
export function useMapDevice(id: MaybeRefOrGetter<string | null>) {
  return useQuery({
    queryKey: computed(() => topologyKeys.device(toValue(id))),
    queryFn: ({ signal }) => unwrap<Device>(api.GET('/api/v1/devices/{id}', { params: { path: { id: toValue(id) ?? '' } }, signal })),
    enabled: () => toValue(id) !== null,
    placeholderData: undefined,
    retry: false,
  })
}

export type Positions = TopologyLayout['positions']
const LAYOUT = 'default'

/** Keeps places on the server, in the layout that `GET topology` reads. */
export function useSavePositions() {
  return useMutation({ mutationFn: savePositions })
}

async function savePositions(change: Positions): Promise<TopologyLayout> {
  const query = { name: LAYOUT }
  const known = await unwrap<Page<TopologyLayout>>(api.GET('/api/v1/topology/layouts', { params: { query } }))
  const layout = known.results.find(candidate => candidate.name === LAYOUT)
  if (!layout) return unwrap<TopologyLayout>(api.POST('/api/v1/topology/layouts', { body: { name: LAYOUT, positions: change } }))
  return unwrap<TopologyLayout>(api.PATCH('/api/v1/topology/layouts/{id}', {
    params: { path: { id: layout.id } }, body: { positions: change },
  }))
}
