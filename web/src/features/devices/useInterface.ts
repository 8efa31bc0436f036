import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, unwrap } from '@/api/client'
import type { Id, Interface } from '@/api/models'
import { deviceKeys, refreshEvery } from './useDevices'

export const interfaceKeys = { one: (id: Id) => ['interfaces', 'one', id] as const }

export interface InterfaceInput { note: string | null; monitored: boolean; thresholds: Interface['thresholds'] }

export function useInterface(id: MaybeRefOrGetter<Id>, period: MaybeRefOrGetter<number | undefined>) {
  return useQuery({
    queryKey: computed(() => interfaceKeys.one(toValue(id))),
    queryFn: ({ signal }) => unwrap<Interface>(api.GET('/api/v1/interfaces/{id}', { params: { path: { id: toValue(id) } }, signal })),
    placeholderData: undefined,
    refetchInterval: () => refreshEvery(toValue(period)),
  })
}

export function useUpdateInterface() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ port, body }: { port: Interface; body: Partial<InterfaceInput> }) =>
      unwrap<Interface>(api.PATCH('/api/v1/interfaces/{id}', { params: { path: { id: port.id } }, body, headers: { 'If-Match': `"${port.version}"` } })),
    onSuccess: (port) => {
      client.setQueryData(interfaceKeys.one(port.id), port)
      return client.invalidateQueries({ queryKey: deviceKeys.part(port.device_id, 'interfaces') })
    },
  })
}
