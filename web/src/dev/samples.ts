import type { EventRecord, Point } from '@/api/models'
import { ApiError } from '@/api/problem'
import type { ChartLine } from '@/ui/chart/data'
import type { PanelPort } from '@/ui/FrontPanel.vue'
import { toTimeline } from '@/features/telemetry'

/** What the parts are shown with: made up, the same at each look. */
const START = Date.UTC(2026, 10, 28, 9)
const MINUTE = 60_000
const wave = (i: number, size: number, phase: number) => size * (1 + 0.4 * Math.sin(i / 7 + phase) + 0.15 * Math.sin(i / 2.3 + phase))
const points = (size: number, phase: number, from = 0, gap = -1): Point[] => Array.from({ length: 60 - from }, (_, n): Point => [START + (n + from) * MINUTE, n + from === gap ? null : wave(n, size, phase)])

export const hour = { from: START, to: START + 60 * MINUTE }
const line = (key: string, label: string, color: number, values: Point[], more: Partial<ChartLine> = {}): ChartLine => ({ key, label, color, points: values, ...more })

export const charts = [
  { title: 'Full hour, a gap, a limit, a band', lines: [line('in', 'in', 1, points(7e9, 0, 0, 40), { fill: true }), line('out', 'out', 2, points(2e9, 2, 0, 40), { fill: true, below: true })], limits: [{ value: 1.1e10, label: '95th percentile 11 Gbit/s' }], bands: [{ from: START + 38 * MINUTE, to: START + 44 * MINUTE, tone: 'bad' as const }] },
  { title: 'Two uplinks, one of them down', lines: [line('a.in', 'in', 1, points(4e9, 1), { group: 'Te1/1/1' }), line('a.out', 'out', 1, points(1e9, 0), { group: 'Te1/1/1', below: true }), line('b.in', 'in', 4, points(3e9, 2).slice(0, 45), { group: 'Te1/1/2', note: 'down' })], limits: [], bands: [] },
  { title: 'Began six minutes ago', lines: [line('in', 'in', 1, points(7e9, 0, 54), { fill: true })], limits: [], bands: [] },
  { title: 'One value', lines: [line('in', 'in', 1, points(7e9, 0, 59))], limits: [], bands: [] },
]
export const spark = points(5, 0)
export const youngSpark = points(5, 0).map(([at, value], i): Point => [at, i < 48 ? null : value])

export const bars = {
  kinds: [{ label: 'news', color: 'var(--util-1)' }, { label: 'warnings', color: 'var(--warn-mark)' }, { label: 'critical', color: 'var(--bad-mark)' }],
  items: Array.from({ length: 120 }, (_, i): [number, number] => [START + ((i * 37) % 60) * MINUTE, i % 11 === 0 ? 2 : i % 4 === 0 ? 1 : 0]),
}
const states = ['up', 'up', 'free', 'down', 'up', 'errors', 'off'] as const
export const ports: PanelPort[] = Array.from({ length: 28 }, (_, i) => {
  const state = states[i % states.length] ?? 'up'
  return { id: `p${i}`, name: i < 24 ? `Gi1/0/${i + 1}` : `Te1/1/${i - 23}`, state, use: state === 'up' ? (i % 10) / 10 : null, title: `Gi1/0/${i + 1} · ${state}` }
})
const event = (type: string, minute: number, severity: string, data: Record<string, unknown>): EventRecord => ({ id: `${type}${minute}`, seq: '1', type, occurred_at: new Date(START + minute * MINUTE).toISOString(), subject: { type: 'device', id: null, name: 'lyo-b2-acc-2' }, severity, data, previous: null, cause: null })
export const timeline = () => toTimeline([event('device.status_changed', 50, 'critical', { status: 'down' }), event('device.rebooted', 30, 'warning', { uptime_seconds: 40 }), event('device.added', 1, 'info', {})])

export const failure = new ApiError({
  code: 'service_timeout', title: 'The service did not answer in time', status: 504, detail: 'OpenSearch did not answer in 4 s', cause: 'its queue is full', solution: 'try again, or look at the service', request_id: '01J8Z3',
})
export const limited = new ApiError({ code: 'rate_limited', title: 'Too many requests', status: 429, retry_after_seconds: 3600 })
export const sources = [{ name: 'Netdata', status: 'timeout', age_seconds: null, detail: 'no answer in 2 s' }, { name: 'samples', status: 'stale', age_seconds: 1080, detail: null }]
export const old = new Date(START).toISOString()
