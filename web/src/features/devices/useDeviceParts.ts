import { useQuery, type QueryKey } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, unwrap } from '@/api/client'
import type { Address, EventRecord, Id, Interface, Neighbour, Page, Series } from '@/api/models'
import type { SeriesPath } from '@/api/paths'
import { fetchAll } from '@/app/resource'
import { deviceKeys, refreshEvery } from './useDevices'

interface PartOptions { enabled?: MaybeRefOrGetter<boolean>; period?: MaybeRefOrGetter<number | undefined> }

function usePart<T>(id: MaybeRefOrGetter<Id>, part: 'interfaces' | 'neighbours' | 'addresses', query: Record<string, unknown>, { enabled = true, period }: PartOptions = {}) {
  return useQuery({
    queryKey: computed(() => deviceKeys.part(toValue(id), part)),
    queryFn: ({ signal }) => fetchAll<T>(`/api/v1/devices/{id}/${part}`, query, signal, { id: toValue(id) }),
    enabled: computed(() => toValue(enabled)),
    placeholderData: undefined,
    refetchInterval: () => (period === undefined ? false : refreshEvery(toValue(period))),
  })
}

/** All ports of a device with their rates, in the order of ifIndex. */
export const useInterfaces = (id: MaybeRefOrGetter<Id>, options?: PartOptions) => usePart<Interface>(id, 'interfaces', { ordering: 'if_index' }, options)
export const useNeighbours = (id: MaybeRefOrGetter<Id>, options?: PartOptions) => usePart<Neighbour>(id, 'neighbours', {}, options)
export const useAddresses = (id: MaybeRefOrGetter<Id>, options?: PartOptions) => usePart<Address>(id, 'addresses', {}, options)

/** What happened to a device and its ports, newest first. */
export function useDeviceEvents(id: MaybeRefOrGetter<Id>, size = 100) {
  return useQuery({
    queryKey: computed(() => deviceKeys.part(toValue(id), 'events')),
    queryFn: async ({ signal }) => (await unwrap<Page<EventRecord>>(api.GET('/api/v1/devices/{id}/events', { params: { path: { id: toValue(id) }, query: { page_size: size, ordering: '-occurred_at' } }, signal }))).results,
    placeholderData: undefined,
    refetchInterval: 60_000,
  })
}

/** What happened to one port, newest first. */
export function usePortEvents(device: MaybeRefOrGetter<Id>, port: MaybeRefOrGetter<Id>, size = 100) {
  return useQuery({
    queryKey: computed(() => deviceKeys.part(toValue(device), `events of ${toValue(port)}`)),
    queryFn: async ({ signal }) => (await unwrap<Page<EventRecord>>(api.GET('/api/v1/events', { params: { query: { subject_id: toValue(port), page_size: size, ordering: '-occurred_at' } }, signal }))).results,
    placeholderData: undefined,
    refetchInterval: 60_000,
  })
}

export interface MetricsQuery { from: string; to?: string }

const PIXELS = 600

/** Seconds a point: about a point a pixel and a half, and never finer than the device is polled, which would be all gaps. */
export function stepFor(range: { from: number; to: number }, period = 60): number {
  const wanted = Math.max(period, (range.to - range.from) / 1000 / PIXELS)
  return [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200].find((s) => s >= wanted) ?? 86_400
}

interface SeriesOptions {
  key: MaybeRefOrGetter<QueryKey>
  path: SeriesPath
  /** Of the device or the port. */
  id: MaybeRefOrGetter<Id>
  metrics: MaybeRefOrGetter<string[]>
  range: MaybeRefOrGetter<{ from: number; to: number }>
  query: MaybeRefOrGetter<MetricsQuery>
  live: MaybeRefOrGetter<boolean>
  enabled?: MaybeRefOrGetter<boolean>
  period?: MaybeRefOrGetter<number | undefined>
}

/** Series of a device or a port in the time range of the page; a live range is asked again in the polling rhythm. */
export function useSeries(options: SeriesOptions) {
  const step = computed(() => stepFor(toValue(options.range), toValue(options.period)))
  return useQuery({
    queryKey: computed(() => [...toValue(options.key), 'metrics', toValue(options.metrics), toValue(options.query), step.value]),
    queryFn: ({ signal }) => unwrap<Series>(api.GET(options.path, {
      params: { path: { id: toValue(options.id) }, query: { metrics: toValue(options.metrics).join(','), ...toValue(options.query), step: step.value } }, signal,
    })),
    enabled: computed(() => toValue(options.enabled ?? true)),
    // A point that stands for an hour needs no look every few seconds.
    refetchInterval: (query) => (toValue(options.live) ? Math.max(refreshEvery(toValue(options.period)), ((query.state.data?.step_seconds ?? 0) * 1000) / 2) : false),
  })
}
