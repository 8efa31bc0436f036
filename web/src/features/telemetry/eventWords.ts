import type { EventRecord } from '@/api/models'
import { t, textOr } from '@/i18n'
import { formatBits, formatDuration, formatPercent } from '@/ui/format'
import { markOf, type Mark } from '@/ui/status'
import type { TimelineEntry } from '@/ui/TimeLine.vue'

const text = (value: unknown): string | null => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null)
const pick = (record: Record<string, unknown> | null, ...names: string[]) => names.map((n) => text(record?.[n])).find((v) => v !== null) ?? null

/** The state an event tells of, whichever name its kind uses. */
export function eventState(event: EventRecord): string | null {
  return pick(event.data, 'status', 'oper_status', 'state')
}

/** The shape of an event: of the state it brought, else of its severity. */
export function eventMark(event: EventRecord): Mark {
  const state = eventState(event)
  if (event.type.endsWith('status_changed') || event.type.endsWith('state_changed')) return markOf(state)
  if (event.type === 'alert.resolved' || event.type === 'discovery.finished' || event.type === 'link.appeared') return 'ok'
  return markOf(event.severity)
}

/** What happened, to what, in one sentence. */
export function eventTitle(event: EventRecord): string {
  const name = event.subject.name ?? event.subject.type
  const state = eventState(event)
  const device = pick(event.data, 'device_name')
  const key = event.type.replaceAll('.', '_')
  const word = state && textOr(`telemetry.state.${state}`, state)
  const params = { name: device && device !== name ? `${device} ${name}` : name, state: word ?? '', title: pick(event.data, 'title') ?? name }
  return textOr(`telemetry.event.${key}`, '') ? t(`telemetry.event.${key}`, params) : `${event.type.replaceAll(/[._]/g, ' ')}: ${name}`
}

/** What else the event says: the state before, the cause, the figures. */
export function eventDetail(event: EventRecord): string | null {
  const before = pick(event.previous, 'status', 'oper_status', 'state')
  const uptime = event.data?.uptime_seconds
  const parts = [
    before && t('telemetry.before', { state: textOr(`telemetry.state.${before}`, before) }),
    pick(event.data, 'reason', 'detail', 'message'),
    pick(event.cause, 'reason', 'message', 'name'),
    typeof event.data?.utilisation_ratio === 'number' ? formatPercent(event.data.utilisation_ratio) : null,
    typeof event.data?.speed_bps === 'number' ? formatBits(event.data.speed_bps) : null,
    typeof uptime === 'number' ? t('telemetry.uptime', { span: formatDuration(uptime) }) : null,
  ]
  return parts.filter(Boolean).join(' · ') || null
}

/** Where the thing of an event lives. */
export function eventPlace(event: EventRecord): string | undefined {
  const { type, id } = event.subject
  if (!id) return undefined
  const device = pick(event.data, 'device_id')
  if (type === 'device') return `/devices/${id}`
  if (type === 'interface' && device) return `/devices/${device}/ports/${id}`
  if (type === 'alert') return `/alerts?id=${id}`
  if (type === 'discovery') return `/discovery/${id}`
  return undefined
}

export function toTimeline(events: EventRecord[]): TimelineEntry[] {
  return events.map((event) => ({
    id: event.id, at: event.occurred_at, mark: eventMark(event), markLabel: textOr(`telemetry.severity.${event.severity}`, event.severity),
    title: eventTitle(event), text: eventDetail(event), to: eventPlace(event),
  }))
}
