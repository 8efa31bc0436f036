import type { Interface } from '@/api/models'
import { toMs } from '@/ui/format'
import type { Mark } from '@/ui/status'

/** How a port is: `free` has nobody behind it, `down` had, `off` is shut by its configuration. */
export type PortState = 'up' | 'errors' | 'down' | 'free' | 'off'

/** A port that was read down at the first look never had a link we know of; a few seconds are the first poll itself. */
const FIRST_LOOK_MS = 10_000

export function errorsOf(port: Interface): number {
  return (port.state.in_errors_per_second ?? 0) + (port.state.out_errors_per_second ?? 0)
}

export function portState(port: Interface): PortState {
  if (port.admin_status === 'down') return 'off'
  if (port.oper_status === 'up') return errorsOf(port) > 0 ? 'errors' : 'up'
  const changed = (toMs(port.status_since) ?? 0) > (toMs(port.created_at) ?? 0) + FIRST_LOOK_MS
  return port.peer || changed ? 'down' : 'free'
}

const marks: Record<PortState, Mark> = { up: 'ok', errors: 'warn', down: 'bad', free: 'off', off: 'off' }
export const portMark = (port: Interface): Mark => marks[portState(port)]

const virtual = /^(lo|loopback|vlan|null|tunnel|tu\d|po\d|port-?channel|ae\d|bundle|bond|br|docker|veth|virbr|cpu|stack|irb|vme|gre|sit|dummy|nv|bdi|bvi|mgmt-vrf)/i
const virtualKinds = /loopback|virtual|vlan|tunnel|lag|aggregat|bridge|other|propVirtual|l2vlan|l3ipvlan|ppp|24$|53$|131$|135$|136$|161$/i

/** Something one can plug a cable into, by ifType where it is known, else by name. */
export function isPhysical(port: Interface): boolean {
  if (port.kind && virtualKinds.test(port.kind)) return false
  return !virtual.test(port.name)
}

/** Sorted by trouble, then use: the ports worth a look. */
export function portsThatMatter(ports: Interface[], now: number, most = 6): Interface[] {
  const DAY = 86_400_000
  const weight = (port: Interface): number => {
    const state = portState(port)
    const use = port.state.utilisation_ratio ?? 0
    const changed = now - (toMs(port.status_since) ?? 0) < DAY && toMs(port.status_since) !== toMs(port.created_at)
    if (state === 'off' || !port.monitored) return -1
    return (state === 'down' ? 100 : 0) + (state === 'errors' ? 60 : 0) + (use >= 0.7 ? 40 : 0) + (changed && state !== 'free' ? 20 : 0) + (port.peer ? 5 : 0) + (state === 'free' ? -10 : use * 10)
  }
  return ports.map((port) => ({ port, by: weight(port) })).filter((e) => e.by >= 0).sort((a, b) => b.by - a.by || a.port.if_index - b.port.if_index).slice(0, most).map((e) => e.port)
}

/** Ports that lead to other devices, the busiest first. */
export function uplinks(ports: Interface[]): Interface[] {
  const rate = (port: Interface) => Math.max(port.state.in_bps ?? 0, port.state.out_bps ?? 0)
  const towards = ports.filter((port) => port.peer)
  return [...(towards.length ? towards : ports.filter((port) => isPhysical(port) && port.oper_status === 'up'))].sort((a, b) => (b.speed_bps ?? 0) - (a.speed_bps ?? 0) || rate(b) - rate(a))
}
