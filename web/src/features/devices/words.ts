import type { Device, DeviceStatus } from '@/api/models'
import { textOr } from '@/i18n'

/** The roles the API knows; the order is that of the path from the edge to the desk. */
export const roles = ['router', 'firewall', 'core', 'distribution', 'access', 'access_point', 'server', 'storage', 'printer', 'phone', 'camera', 'ups', 'other'] as const
export const statuses = ['up', 'degraded', 'down', 'unreachable', 'pending', 'unmonitored', 'decommissioned'] as const

export const roleText = (role: string | null) => (role ? textOr(`devices.role.${role}`, role) : '–')
/** For a narrow column: `access` instead of `access switch`. */
export const roleShort = (role: string | null) => textOr(`devices.roleShort.${role}`, roleText(role))
export const statusText = (status: DeviceStatus) => textOr(`devices.status.${status}`, status)
export const modelText = (device: Pick<Device, 'vendor' | 'model'>) => [device.vendor, device.model].filter(Boolean).join(' ') || '–'
export const systemText = (device: Pick<Device, 'os' | 'os_version'>) => [device.os, device.os_version].filter(Boolean).join(' ') || '–'
/** Memory in use, 0 to 1. */
export const memoryRatio = (state: Device['state']) => (state.memory_used_bytes !== null && state.memory_total_bytes ? state.memory_used_bytes / state.memory_total_bytes : null)
export const adminText = (status: string) => textOr(`devices.port.admin.${status}`, status)
export const operText = (status: string) => textOr(`telemetry.state.${status}`, status)
