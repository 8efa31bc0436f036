import { api, unwrap } from '@/api/client'
import type { Address, Device, Page } from '@/api/models'
import type { Thing } from '@/app/feature'
import { markOf } from '@/ui/status'
import { apiFilters, networkOf } from './filters'

const MOST = 6

/** Devices by name, address or serial; an address also by the port that carries it. */
export async function findThings(text: string, signal: AbortSignal): Promise<Thing[]> {
  const devices = unwrap<Page<Device>>(api.GET('/api/v1/devices', { params: { query: { ...apiFilters(text, {}), page_size: MOST } }, signal }))
  const network = networkOf(text)
  const addresses = network
    ? unwrap<Page<Address>>(api.GET('/api/v1/addresses', { params: { query: { address__cidr: network, page_size: MOST } }, signal })).catch(() => null)
    : null
  const found = (await devices).results.map((d): Thing => ({ id: d.id, label: d.name, hint: [d.primary_ip, d.site?.name, d.model].filter(Boolean).join(' · '), to: `/devices/${d.id}`, mark: markOf(d.status) }))
  const seen = new Set(found.map((thing) => thing.id))
  for (const a of (await addresses)?.results ?? []) {
    if (seen.has(a.device_id)) continue
    found.push({ id: a.id, label: a.address, hint: [a.device.name, a.interface_name].filter(Boolean).join(' '), to: a.interface_id ? `/devices/${a.device_id}/ports/${a.interface_id}` : `/devices/${a.device_id}` })
  }
  return found
}
