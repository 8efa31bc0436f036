import type { EventRecord } from '@/api/models'
import type { ChartBand, ChartMarker } from '@/ui/chart/data'
import { toMs } from '@/ui/format'
import { eventState, eventTitle } from './eventWords'

const troubles = new Set(['down', 'unreachable', 'failing', 'unhealthy'])

/** Stretches in which the subject was down, from its changes of state (any order), cut to the range. */
export function bandsOf(events: EventRecord[], range: { from: number; to: number }): ChartBand[] {
  const changes = events
    .filter((e) => e.type.endsWith('status_changed'))
    .map((e) => ({ at: toMs(e.occurred_at) ?? 0, subject: e.subject.id ?? '', bad: troubles.has(eventState(e) ?? ''), label: eventTitle(e) }))
    .sort((a, b) => a.at - b.at)
  const open = new Map<string, { from: number; label: string }>()
  const bands: ChartBand[] = []
  const close = (subject: string, to: number) => {
    const band = open.get(subject)
    open.delete(subject)
    if (band && to > range.from && band.from < range.to) bands.push({ from: Math.max(band.from, range.from), to: Math.min(to, range.to), tone: 'bad', label: band.label })
  }
  for (const change of changes) {
    if (change.bad) { if (!open.has(change.subject)) open.set(change.subject, { from: change.at, label: change.label }) }
    else close(change.subject, change.at)
  }
  for (const subject of [...open.keys()]) close(subject, range.to)
  return bands
}

const moments = new Set(['device.rebooted', 'configuration.changed', 'device.identity_changed'])

/** Moments that explain a step in a chart. */
export function markersOf(events: EventRecord[]): ChartMarker[] {
  return events.filter((e) => moments.has(e.type)).map((e) => ({ at: toMs(e.occurred_at) ?? 0, label: eventTitle(e) }))
}
