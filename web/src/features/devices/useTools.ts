import { api, unwrap } from '@/api/client'
import type { Id, PingResult, SnmpGetResult, SnmpWalkResult } from '@/api/models'

const at = (id: Id) => ({ params: { path: { id } } })

export const ping = (id: Id, count: number) => unwrap<PingResult>(api.POST('/api/v1/devices/{id}/ping', { ...at(id), body: { count } }))
export const snmpGet = (id: Id, oids: string[]) => unwrap<SnmpGetResult>(api.POST('/api/v1/devices/{id}/snmp-get', { ...at(id), body: { oids } }))
export const snmpWalk = (id: Id, oid: string) => unwrap<SnmpWalkResult>(api.POST('/api/v1/devices/{id}/snmp-walk', { ...at(id), body: { oid, max_rows: 500 } }))
