import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { useClock } from '@/ui/clock'
import { formatClock, formatMoment } from '@/ui/format'
import { parseRelative, presets, resolve } from './timeWords'

/** The time range of the page: one for all its charts, in the URL as `from` and `to`. */
export function useTimeRange() {
  const route = useRoute()
  const router = useRouter()
  const { t } = useI18n()
  const clock = useClock()

  const from = computed(() => String(route.query.from ?? '-1h'))
  const to = computed(() => (route.query.to ? String(route.query.to) : null))
  /** True while the range ends now; a past range stops the pushes. */
  const isLive = computed(() => to.value === null || to.value === 'now')
  /** Now, in steps of ten seconds: charts move on without a query a second. */
  const tick = computed(() => Math.floor(clock.value / 10_000) * 10_000)
  const bounds = computed(() => {
    const now = tick.value
    return { from: resolve(from.value, now), to: isLive.value ? now : resolve(to.value ?? 'now', now) }
  })
  const label = computed(() => {
    const preset = presets.find((p) => p.from === from.value && p.to === to.value)
    if (preset) return t(`app.time.preset.${preset.id}`)
    const relative = isLive.value ? parseRelative(from.value) : null
    if (relative) return t('app.time.last', { span: relative.amount + '\u00a0' + t(`app.time.unit.${relative.unit}`) })
    const end = bounds.value.to
    return `${formatMoment(bounds.value.from)} – ${isLive.value ? t('app.time.now') : sameDay(bounds.value.from, end) ? formatClock(end) : formatMoment(end)}`
  })

  function set(nextFrom: string, nextTo: string | null = null) {
    const query = { ...route.query, from: nextFrom === '-1h' && !nextTo ? undefined : nextFrom, to: nextTo ?? undefined }
    void router.push({ query })
  }
  const setMs = (start: number, end: number) => {
    // The end of a gesture is as exact as a pixel.
    const live = end >= tick.value - Math.max(5000, (end - start) / 100)
    if (!live) return set(toSecond(start), toSecond(end))
    set(`-${Math.max(1, Math.round((tick.value - start) / 60_000))}m`)
  }

  return {
    from, to, isLive, bounds, label, set, setMs,
    /** What the API takes. */
    query: computed(() => ({ from: isLive.value && parseRelative(from.value) ? from.value : new Date(bounds.value.from).toISOString(), ...(isLive.value ? {} : { to: new Date(bounds.value.to).toISOString() }) })),
    goLive: () => set('-1h'),
    shift(direction: -1 | 1) {
      const { from: start, to: end } = bounds.value
      const by = ((end - start) / 2) * direction
      setMs(start + by, Math.min(end + by, tick.value))
    },
    widen() {
      const { from: start, to: end } = bounds.value
      const by = (end - start) / 2
      setMs(start - by, Math.min(end + by, tick.value))
    },
  }
}

const toSecond = (ms: number) => new Date(Math.round(ms / 1000) * 1000).toISOString().replace('.000', '')
const sameDay = (a: number, b: number) => new Date(a).toDateString() === new Date(b).toDateString()
