import type { QueryClient } from '@tanstack/vue-query'
import type { Device, EventRecord, Interface } from '@/api/models'
import { invalidateSoon } from '@/app/throttle'
import { patchRows } from '@/app/useRows'
import { deviceKeys, type DeviceRow } from './useDevices'

const word = (value: unknown) => (typeof value === 'string' ? value : undefined)

function statusChanged(event: EventRecord, client: QueryClient): void {
  const id = event.subject.id
  const status = word(event.data?.status)
  if (!id || !status) return
  const reason = word(event.data?.reason) ?? word(event.data?.status_reason) ?? null
  const change = <T extends DeviceRow>(device: T): T => ({ ...device, status, state: { ...device.state, status_since: event.occurred_at, status_reason: reason } })
  patchRows<DeviceRow>(client, deviceKeys.rows, id, change)
  client.setQueryData<Device>(deviceKeys.one(id), (device) => (device ? change(device) : device))
  invalidateSoon(client, deviceKeys.part(id, 'events'))
}

function portChanged(event: EventRecord, client: QueryClient): void {
  const device = word(event.data?.device_id)
  const status = word(event.data?.oper_status) ?? word(event.data?.status)
  if (!device) return
  if (status) {
    client.setQueryData<Interface[]>(deviceKeys.part(device, 'interfaces'), (ports) =>
      ports?.map((port) => (port.id === event.subject.id ? { ...port, oper_status: status, status_since: event.occurred_at } : port)))
  }
  invalidateSoon(client, deviceKeys.one(device))
}

/** Keeps lists and pages of devices true: known changes are patched in, the rest is asked again, at most every 2 s. */
export function onDeviceEvents(events: EventRecord[], client: QueryClient): void {
  for (const event of events) {
    const { type, id } = event.subject
    if (event.type === 'device.status_changed') statusChanged(event, client)
    else if (event.type === 'device.added' || event.type === 'device.removed' || event.type === 'device.merged') invalidateSoon(client, deviceKeys.rows)
    else if (event.type.startsWith('device.') && id) {
      invalidateSoon(client, deviceKeys.rows)
      invalidateSoon(client, deviceKeys.one(id))
    } else if (type === 'interface') portChanged(event, client)
    else if (event.type === 'neighbour.changed' && word(event.data?.device_id)) invalidateSoon(client, deviceKeys.part(word(event.data?.device_id) ?? '', 'neighbours'))
  }
}
