import type { EventRecord } from '@/api/models'
import { toMs } from '@/ui/format'

/** What the bars tell apart, from the bottom up: what merely happened, what wants an eye, what is broken. */
export const eventKinds = [{ key: 'info', color: 'var(--util-1)' }, { key: 'warning', color: 'var(--warn-mark)' }, { key: 'critical', color: 'var(--bad-mark)' }] as const

export type EventTime = Pick<EventRecord, 'id' | 'occurred_at' | 'severity'>

/** Events as the bars want them: when, and which kind. An unknown severity is plain news. */
export function eventItems(events: readonly EventTime[]): [number, number][] {
  return events.map((e) => [toMs(e.occurred_at) ?? 0, Math.max(0, eventKinds.findIndex((k) => k.key === e.severity))])
}
