import { useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { api, readAll, unwrap } from '@/api/client'
import type { Alert, EventRecord, NetworkDashboard, Page, ServiceView, Site, SystemDashboard } from '@/api/models'
import { can } from '@/app/session'
import { defineResource, fetchAll } from '@/app/resource'
import { replaceWhole, useLiveQuery } from '@/app/useLive'
import type { EventTime } from './eventKinds'

/** The sites, shared with the pages of devices by their key; the first picture does not load those pages. */
export const places = defineResource<Site, object>('sites')
export const dashboardKeys = { network: ['dashboards', 'network'] as const, system: ['dashboards', 'system'] as const }

/** The network at a glance: asked once, then kept true by its channel every 5 s. */
export function useNetworkDashboard() {
  useLiveQuery<NetworkDashboard>('dashboards.network', dashboardKeys.network, replaceWhole)
  return useQuery({
    queryKey: dashboardKeys.network, staleTime: 10_000, refetchInterval: 60_000,
    queryFn: ({ signal }) => unwrap<NetworkDashboard>(api.GET('/api/v1/dashboards/network', { signal })),
  })
}

type Bounds = Ref<{ from: number; to: number }>
type Query = Ref<{ from: string; to?: string }>
const within = (bounds: { from: number; to: number }) => ({ occurred_at__gte: new Date(bounds.from).toISOString(), occurred_at__lte: new Date(bounds.to).toISOString() })
const EVENTS_EVERY_MS = 20_000

/** When everything of the range happened and how grave it was: what the bars count. Live ranges are asked again. */
export function useEventTimes(bounds: Bounds, query: Query, isLive: Ref<boolean>) {
  return useQuery({
    queryKey: computed(() => ['events', 'times', query.value]),
    queryFn: async ({ signal }) => (await readAll<EventTime>('/api/v1/events', { fields: 'id,occurred_at,severity', ordering: '-occurred_at', ...within(bounds.value) }, signal)).rows,
    refetchInterval: () => (isLive.value ? EVENTS_EVERY_MS : false), enabled: () => can('events:read'),
  })
}

/** The last events of a past range, whole. */
export function useLastEvents(bounds: Bounds, query: Query, enabled: Ref<boolean>) {
  return useQuery({
    queryKey: computed(() => ['events', 'last', query.value]), enabled: () => enabled.value && can('events:read'),
    queryFn: async ({ signal }) => (await unwrap<Page<EventRecord>>(api.GET('/api/v1/events', { params: { query: { page_size: 10, ordering: '-occurred_at', ...within(bounds.value) } }, signal }))).results,
  })
}

/** The host that Vigie runs on. */
export function useSystemDashboard() {
  useLiveQuery<SystemDashboard>('dashboards.system', dashboardKeys.system, replaceWhole)
  return useQuery({
    queryKey: dashboardKeys.system, staleTime: 10_000, refetchInterval: 60_000,
    queryFn: ({ signal }) => unwrap<SystemDashboard>(api.GET('/api/v1/dashboards/system', { signal })),
  })
}

export function useServices() {
  return useQuery({ queryKey: ['services'], queryFn: ({ signal }) => fetchAll<ServiceView>('/api/v1/services', {}, signal), refetchInterval: 15_000, enabled: () => can('services:read'), retry: false })
}

/** The alert that ended last, for the calm line; asked only while nothing is wrong. */
export function useLastIncident(enabled: Ref<boolean>) {
  return useQuery({
    queryKey: ['alerts', 'last'], enabled: () => enabled.value && can('alerts:read'), retry: false, staleTime: 60_000,
    queryFn: async ({ signal }) => (await unwrap<Page<Alert>>(api.GET('/api/v1/alerts', { params: { query: { status: 'resolved', ordering: '-raised_at', page_size: 1 } }, signal }))).results[0] ?? null,
  })
}
