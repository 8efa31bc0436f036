import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { toValue, type MaybeRefOrGetter } from 'vue'
import { api, unwrap } from '@/api/client'
import type { Device, Page, Topology, TopologyLayout } from '@/api/models'
import { useLive } from '@/app/useLive'
import { applyTopologyFrame } from './topologyPatch'

export const topologyKeys = {
  all: ['topology'] as const,
  graph: (site: string | null) => ['topology', 'graph', site] as const,
  device: (id: string | null) => ['topology', 'device', id] as const,
}

/** The graph, kept true by the channel `topology`. `site` narrows it to one site (needed when the server folds a large one). */
export function useTopology(site: MaybeRefOrGetter<string | null>) {
  const client = useQueryClient()
  const query = useQuery({
    queryKey: ['topology', 'graph', site],
    queryFn: ({ signal }) => {
      const id = toValue(site)
      return unwrap<Topology>(api.GET('/api/v1/topology', { params: { query: id ? { site: id } : {} }, signal }))
    },
    // The map compares objects itself; deep sharing over 20,000 of them costs more than it saves.
    structuralSharing: false,
  })
  useLive('topology', () => (toValue(site) ? { site: toValue(site) } : {}), (frames) => {
    const key = topologyKeys.graph(toValue(site))
    let data = client.getQueryData<Topology>(key)
    let lost = frames.some(frame => frame.type === 'gap')
    for (const frame of frames) {
      if (!data || frame.type === 'gap' || frame.type === 'error') continue
      const next = applyTopologyFrame(data, frame)
      lost ||= next === null
      data = next ?? data
    }
    if (data) client.setQueryData(key, data)
    if (lost) void client.invalidateQueries({ queryKey: key })
  })
  return query
}

/** What the panel says of a device beyond what the graph carries. */
export function useMapDevice(id: MaybeRefOrGetter<string | null>) {
  return useQuery({
    queryKey: ['topology', 'device', id],
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
