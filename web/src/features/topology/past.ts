import type { EventRecord, Topology } from '@/api/models'
import { toMs } from '@/ui/format'
import type { Mark } from '@/ui/status'

/** Kinds of events that change the map. */
export const CHANGE_TYPES = ['link.appeared', 'link.vanished', 'device.added', 'device.status_changed', 'interface.status_changed'] as const

export type ChangeEvent = Pick<EventRecord, 'id' | 'type' | 'occurred_at' | 'subject' | 'data' | 'previous' | 'severity'>

/** Changes of a short stretch together: one tick of the time line. `at` is that of the last. */
export interface Tick { at: number; count: number; mark: Mark }

const text = (record: Record<string, unknown> | null, name: string): string | null => (typeof record?.[name] === 'string' ? record[name] : null)
const RANK: Partial<Record<Mark, number>> = { bad: 3, warn: 2, info: 1 }

function markOfChange(event: ChangeEvent): Mark {
  if (event.type === 'device.status_changed') {
    const status = text(event.data, 'status')
    return status === 'down' ? 'bad' : status === 'up' ? 'info' : 'warn'
  }
  return event.severity === 'critical' ? 'bad' : event.severity === 'warning' ? 'warn' : 'info'
}

/** One tick a stretch of `width` ms, with the gravest mark of what happened in it; rising in time. */
export function ticksOf(events: readonly ChangeEvent[], width: number): Tick[] {
  const ticks = new Map<number, Tick>()
  for (const event of events) {
    const at = toMs(event.occurred_at)
    if (at === null) continue
    const mark = markOfChange(event)
    const known = ticks.get(Math.floor(at / width))
    const worse = !known || (RANK[mark] ?? 0) > (RANK[known.mark] ?? 0)
    ticks.set(Math.floor(at / width), { at: Math.max(at, known?.at ?? 0), count: (known?.count ?? 0) + 1, mark: worse ? mark : known.mark })
  }
  return [...ticks.values()].sort((a, b) => a.at - b.at)
}

/**
 * The map as it was at `at` (ms): what happened since is undone, newest first. States and links are replayed; use and
 * errors are not kept in events and are unknown. What was not there yet stands back as not watched.
 */
export function topologyAt(now: Topology, events: readonly ChangeEvent[], at: number): Topology {
  const later = events.filter((event) => (toMs(event.occurred_at) ?? 0) > at).sort((a, b) => (a.occurred_at < b.occurred_at ? 1 : -1))
  const status = new Map<string, string | null>()
  const unborn = new Set<string>()
  const ports = new Map<string, string | null>()
  const links = new Map<string, boolean>()
  for (const { type, subject, previous } of later) {
    if (subject.id === null) continue
    if (type === 'device.status_changed') status.set(subject.id, text(previous, 'status'))
    else if (type === 'device.added') unborn.add(subject.id)
    else if (type === 'interface.status_changed') ports.set(subject.id, text(previous, 'oper_status'))
    else if (type === 'link.appeared') links.set(subject.id, false)
    else if (type === 'link.vanished') links.set(subject.id, true)
  }
  return {
    ...now,
    nodes: now.nodes.map((node) => {
      const id = node.device_id ?? node.id
      if (unborn.has(id)) return { ...node, status: 'unmonitored', alerts_active: 0 }
      return { ...node, status: status.has(id) ? (status.get(id) ?? null) : node.status, alerts_active: 0 }
    }),
    links: now.links.map((link) => {
      const ends = [link.source.interface, link.target.interface].map((id) => (id === null ? undefined : ports.get(id)))
      const told = ends.filter((end) => end !== undefined)
      const present = links.get(link.id)
      const before = told.length ? (told.every((end) => end === 'up') ? 'up' : 'down') : present ? 'up' : link.status
      return { ...link, status: present === false ? 'unknown' : before, utilisation_ratio: null, source_to_target_bps: null, target_to_source_bps: null, errors_per_second: null }
    }),
  }
}
