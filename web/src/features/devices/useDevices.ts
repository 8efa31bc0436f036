import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, unwrap } from '@/api/client'
import type { Device, Id, Job } from '@/api/models'
import { useRows } from '@/app/useRows'

export const deviceKeys = {
  all: ['devices'] as const,
  rows: ['devices', 'rows'] as const,
  one: (id: Id) => ['devices', 'one', id] as const,
  part: (id: Id, part: string) => ['devices', 'one', id, part] as const,
}

/** What a row of the list shows; the rest stays on the server. */
export type DeviceRow = Pick<Device, 'id' | 'version' | 'name' | 'address' | 'primary_ip' | 'site' | 'site_id' | 'tags' | 'role' | 'vendor' | 'model' | 'os' | 'os_version' | 'status' | 'state' | 'poll_interval_seconds'>
const rowFields = ['id', 'version', 'name', 'address', 'primary_ip', 'site', 'site_id', 'tags', 'role', 'vendor', 'model', 'os', 'os_version', 'status', 'state', 'poll_interval_seconds'] as const

/** Orders that the server offers above the size of a whole list. */
export const deviceSorts = ['name', 'status'] as const

export interface DeviceInput {
  name?: string; address: string; site_id?: Id | null; tags?: string[]; credentials?: Id[]; poll_interval_seconds?: number; monitored?: boolean
  decommissioned?: boolean; notes?: string | null; role?: string | null; snmp_port?: number
}

export function useDeviceRows(filters: MaybeRefOrGetter<Record<string, string>>, ordering: MaybeRefOrGetter<string>, enabled: MaybeRefOrGetter<boolean> = true) {
  return useRows<DeviceRow>({ key: deviceKeys.rows, path: '/api/v1/devices', filters, ordering, initial: 'name', sorts: deviceSorts, fields: rowFields, enabled })
}

export const fetchDevice = (id: Id, signal?: AbortSignal) => unwrap<Device>(api.GET('/api/v1/devices/{id}', { params: { path: { id } }, signal }))

/** One device; asked again in its polling rhythm, because samples are not pushed. */
export function useDevice(id: MaybeRefOrGetter<Id>) {
  return useQuery({
    queryKey: computed(() => deviceKeys.one(toValue(id))),
    queryFn: ({ signal }) => fetchDevice(toValue(id), signal),
    placeholderData: undefined,
    refetchInterval: (query) => refreshEvery(query.state.data?.poll_interval_seconds),
  })
}

/** ms between two looks at what polling writes: half a period, between 5 and 30 s. */
export function refreshEvery(periodSeconds: number | undefined): number {
  return Math.min(30_000, Math.max(5000, ((periodSeconds ?? 60) * 1000) / 2))
}

function useRefresh() {
  const client = useQueryClient()
  return () => client.invalidateQueries({ queryKey: deviceKeys.all })
}

export function useCreateDevice() {
  const refresh = useRefresh()
  return useMutation({ mutationFn: (body: DeviceInput) => unwrap<Device>(api.POST('/api/v1/devices', { body })), onSuccess: refresh })
}

export function useUpdateDevice() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: ({ device, body }: { device: { id: Id; version: number }; body: Partial<DeviceInput> }) =>
      unwrap<Device>(api.PATCH('/api/v1/devices/{id}', { params: { path: { id: device.id } }, body, headers: { 'If-Match': `"${device.version}"` } })),
    onSuccess: refresh,
  })
}

/** Deletes; with `ignore` the next discovery leaves the address alone. */
export function useDeleteDevice() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: ({ device, ignore }: { device: { id: Id; version: number }; ignore: boolean }) =>
      unwrap(api.DELETE('/api/v1/devices/{id}', { params: { path: { id: device.id }, query: ignore ? { ignore: true } : {} }, headers: { 'If-Match': `"${device.version}"` } })),
    onSuccess: refresh,
  })
}

export interface BulkResult { status: number; id?: Id; error?: { title: string } | null }
type BulkOperation = { op: 'update'; id: Id; if_match: string; data: Partial<DeviceInput> } | { op: 'delete'; id: Id; if_match: string }

/** Up to 1,000 changes in one request; each has its own result. */
export function useBulkDevices() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: (operations: BulkOperation[]) => unwrap<{ results: BulkResult[] }>(api.POST('/api/v1/devices/bulk', { body: { operations, atomic: false } })),
    onSuccess: refresh,
  })
}

export const pollNow = (id: Id) => unwrap<{ job_id: Id }>(api.POST('/api/v1/devices/{id}/poll', { params: { path: { id } } }))
export const identifyNow = (id: Id) => unwrap<{ job_id: Id }>(api.POST('/api/v1/devices/{id}/identify', { params: { path: { id } } }))

const LOOK_EVERY_MS = 500
const LOOK_FOR_MS = 60_000

/** Waits until a job has ended; answers it as it ended, or as it stands after a minute. */
export async function jobEnd(id: Id): Promise<Job> {
  const until = Date.now() + LOOK_FOR_MS
  for (;;) {
    const job = await unwrap<Job>(api.GET('/api/v1/jobs/{id}', { params: { path: { id } } }))
    if (!['queued', 'running'].includes(job.status) || Date.now() > until) return job
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS))
  }
}
