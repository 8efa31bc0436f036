import { useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { readAll } from '@/api/client'
import type { Topology } from '@/api/models'
import { can } from '@/app/session'
import { useQueryText } from '@/app/urlState'
import { useClock } from '@/ui/clock'
import { toMs } from '@/ui/format'
import { CHANGE_TYPES, ticksOf, topologyAt, type ChangeEvent } from './past'

/** Events are kept for a day. */
export const PAST_MS = 86_400_000
const TICKS = 144
const LEAST_MS = 1_800_000
const EVERY_MS = 30_000

/** The last day of the map: its changes, and the map of a chosen moment (`when` in the address) in place of today's. */
export function useMapPast(live: Ref<Topology | undefined>) {
  const clock = useClock()
  const when = useQueryText('when')
  const moment = computed({ get: () => (when.value ? toMs(when.value) : null), set: (at: number | null) => { when.value = at === null ? '' : new Date(at).toISOString() } })
  const now = computed(() => Math.floor(clock.value / 60_000) * 60_000)
  const { data: events } = useQuery({
    queryKey: ['events', 'topology'], refetchInterval: EVERY_MS, enabled: () => can('events:read'),
    queryFn: async ({ signal }) => (await readAll<ChangeEvent>('/api/v1/events', {
      type__in: CHANGE_TYPES.join(','), occurred_at__gte: new Date(Date.now() - PAST_MS).toISOString(), ordering: '-occurred_at', fields: 'id,type,occurred_at,subject,severity,data,previous',
    }, signal)).rows,
  })
  /** A day, or, while nothing is as old as that, the time since the first change. */
  const span = computed(() => {
    const first = toMs(events.value?.at(-1)?.occurred_at)
    const length = first === null ? PAST_MS : Math.min(PAST_MS, Math.max(LEAST_MS, (now.value - first) * 1.05))
    return { from: now.value - length, to: now.value, young: length < PAST_MS }
  })
  const ticks = computed(() => ticksOf(events.value ?? [], (span.value.to - span.value.from) / TICKS))
  const topology = computed(() => {
    const today = live.value
    return today && moment.value !== null && events.value ? topologyAt(today, events.value, moment.value) : today
  })
  /** The change before or after what is shown; past the last one is now. */
  function step(by: 1 | -1): void {
    const at = moment.value ?? now.value
    // Just before a change the map is as it was until then.
    const places = ticks.value.map((tick) => tick.at)
    const next = by > 0 ? places.find((place) => place > at) : places.findLast((place) => place - 1 < at)
    if (next !== undefined) moment.value = by > 0 ? next : next - 1
    else if (by > 0) moment.value = null
  }
  return { moment, span, ticks, count: computed(() => ticks.value.length), topology, isPast: computed(() => moment.value !== null), step, known: computed(() => events.value !== undefined) }
}
export type MapPast = ReturnType<typeof useMapPast>
