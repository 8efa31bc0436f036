import { useQuery } from '@tanstack/vue-query'
import { api, unwrap } from '@/api/client'
import type { NetworkDashboard, ServiceView, SystemDashboard } from '@/api/models'
import { can } from '@/app/session'
import { fetchAll } from '@/app/resource'
import { replaceWhole, useLiveQuery } from '@/app/useLive'

export const dashboardKeys = { network: ['dashboards', 'network'] as const, system: ['dashboards', 'system'] as const }

/** The network at a glance: asked once, then kept true by its channel every 5 s. */
export function useNetworkDashboard() {
  useLiveQuery<NetworkDashboard>('dashboards.network', dashboardKeys.network, replaceWhole)
  return useQuery({
    queryKey: dashboardKeys.network, staleTime: 10_000, refetchInterval: 60_000,
    queryFn: ({ signal }) => unwrap<NetworkDashboard>(api.GET('/api/v1/dashboards/network', { signal })),
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
