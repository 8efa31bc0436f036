import { t } from '@/i18n'
import type { Column } from '@/ui/table/columns'
import { toMs } from '@/ui/format'
import { memoryRatio, modelText, roleShort, statuses, systemText } from './words'
import type { DeviceRow } from './useDevices'

const order = (status: string) => statuses.indexOf(status as (typeof statuses)[number])
/** Worst first when sorted downwards. */
const gravity: Record<string, number> = { down: 6, unreachable: 5, degraded: 4, pending: 3, up: 2, unmonitored: 1, decommissioned: 0 }

/** The columns of the list of devices. */
export function deviceColumns(siteName: (id: string | null) => string | null = () => null): Column<DeviceRow>[] {
  return [
    { key: 'name', label: t('devices.column.name'), width: 140, grow: true, fixed: true, sort: 'name', value: (d) => d.name },
    { key: 'status', label: t('devices.column.status'), width: 116, phone: true, extra: true, sort: 'status', value: (d) => gravity[d.status] ?? order(d.status) },
    { key: 'address', label: t('devices.column.address'), width: 120, phone: true, mono: true, sort: 'primary_ip', value: (d) => d.primary_ip },
    { key: 'site', label: t('devices.column.site'), width: 134, phone: true, sort: 'site__name', value: (d) => siteName(d.site_id) ?? d.site?.name },
    { key: 'role', label: t('devices.column.role'), width: 98, sort: 'role', value: (d) => roleShort(d.role) },
    { key: 'model', label: t('devices.column.model'), width: 136, grow: true, sort: 'model', value: modelText },
    { key: 'os', label: t('devices.column.os'), width: 108, sort: 'os', value: systemText },
    { key: 'ports', label: t('devices.column.ports'), width: 64, align: 'end', value: (d) => d.state.interfaces_up, sort: 'interfaces_up' },
    { key: 'cpu', label: t('devices.column.cpu'), width: 98, value: (d) => d.state.cpu_ratio, sort: 'cpu_ratio' },
    { key: 'memory', label: t('devices.column.memory'), width: 98, value: (d) => memoryRatio(d.state), sort: 'memory_ratio' },
    { key: 'latency', label: t('devices.column.latency'), width: 84, align: 'end', extra: true, value: (d) => d.state.latency_ms, sort: 'latency_ms' },
    { key: 'uptime', label: t('devices.column.uptime'), width: 96, align: 'end', extra: true, value: (d) => d.state.uptime_seconds, sort: 'uptime_seconds' },
    { key: 'tags', label: t('devices.column.tags'), width: 140, extra: true, value: (d) => d.tags.join(', ') },
    { key: 'answer', label: t('devices.column.answer'), width: 82, align: 'end', value: (d) => toMs(d.state.last_answer_at), sort: 'last_answer_at' },
    { key: 'alerts', label: t('devices.column.alerts'), width: 70, align: 'end', value: (d) => d.state.alerts_active, sort: 'alerts_active' },
  ]
}
