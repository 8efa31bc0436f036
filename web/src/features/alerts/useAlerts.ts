import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, unwrap } from '@/api/client'
import type { Alert, AlertRule, Id, Page, RulePreview, Series } from '@/api/models'
import type { SeriesPath } from '@/api/paths'
import type { LiveFrame } from '@/app/live'
import { defineResource, fetchAll } from '@/app/resource'
import { patchRows } from '@/app/useRows'
import { useLive } from '@/app/useLive'
import { withAlert } from './lists'

export type RuleInput = Omit<AlertRule, 'id' | 'version' | 'created_at' | 'updated_at' | 'built_in'>
export const rules = defineResource<AlertRule, RuleInput>('alert-rules')

const PATH = '/api/v1/alerts'
export const alertKeys = {
  all: ['alerts'] as const,
  open: ['alerts', 'open'] as const,
  history: ['alerts', 'history'] as const,
  one: (id: Id) => ['alerts', 'one', id] as const,
}

/** Everything that is not over: active, acknowledged and silenced, kept true by the channel `alerts`. */
export function useOpenAlerts(enabled: MaybeRefOrGetter<boolean> = true) {
  const client = useQueryClient()
  useLive(() => (toValue(enabled) ? 'alerts' : null), {}, frames => takeFrames(client, frames))
  return useQuery({
    queryKey: alertKeys.open, enabled: computed(() => toValue(enabled)),
    queryFn: ({ signal }) => fetchAll<Alert>(PATH, { status__in: 'active,acknowledged' }, signal),
  })
}

function takeFrames(client: QueryClient, frames: readonly LiveFrame[]) {
  for (const frame of frames) {
    const data = frame.data as Alert & { alert?: Alert } | undefined
    const alert = data?.alert ?? data
    if (frame.type === 'alert' && alert?.id) takeAlert(client, alert)
  }
  if (frames.some(frame => frame.type === 'gap')) void client.invalidateQueries({ queryKey: alertKeys.all })
}

function takeAlert(client: QueryClient, alert: Alert) {
  client.setQueryData<Alert[]>(alertKeys.open, list => list && withAlert(list, alert))
  client.setQueryData<Alert>(alertKeys.one(alert.id), known => known && alert)
  patchRows<Alert>(client, alertKeys.history, alert.id, () => alert)
  if (alert.status === 'resolved') void client.invalidateQueries({ queryKey: alertKeys.history })
}

/** One alert, also when it is in no list that is loaded. */
export function useAlert(id: MaybeRefOrGetter<Id | null>, known: MaybeRefOrGetter<Alert | undefined>) {
  return useQuery({
    queryKey: computed(() => alertKeys.one(toValue(id) ?? '')),
    queryFn: ({ signal }) => unwrap<Alert>(api.GET('/api/v1/alerts/{id}', { params: { path: { id: toValue(id) ?? '' } }, signal })),
    enabled: () => Boolean(toValue(id)) && toValue(known) === undefined,
    placeholderData: undefined,
  })
}

export type Act = 'acknowledge' | 'resolve' | 'silence' | 'comment'
export interface ActInput { id: Id, act: Act, body: { note?: string, until?: string, text?: string } }

/** One act on one alert; the answer is the alert as it is then. */
export function useAlertAct() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, act, body }: ActInput) => unwrap<Alert>(api.POST(`/api/v1/alerts/{id}/${act}`, { params: { path: { id } }, body })),
    onSuccess: alert => takeAlert(client, alert),
  })
}

/** The same rule on the same subject before: how often, and what ended it. */
export function useSimilar(alert: MaybeRefOrGetter<Alert>) {
  return useQuery({
    queryKey: computed(() => ['alerts', 'similar', toValue(alert).rule_id, toValue(alert).subject.id]),
    queryFn: async ({ signal }) => {
      const { rule_id, device, interface: port, id } = toValue(alert)
      const query = { rule_id, status: 'resolved', ordering: '-raised_at', page_size: 6, ...(port ? { interface_id: port.id } : { device_id: device?.id }) }
      const page = await unwrap<Page<Alert>>(api.GET(PATH, { params: { query }, signal }))
      return { rows: page.results.filter(entry => entry.id !== id).slice(0, 5), total: page.meta.total_estimate }
    },
    enabled: () => toValue(alert).rule_id !== null && (toValue(alert).device !== null || toValue(alert).interface !== null),
    placeholderData: undefined,
  })
}

/** What shows best why an alert was raised: its own metric, else whether the thing answered or carried anything. */
export function evidenceMetrics(alert: Alert): string | null {
  if (alert.metric) return alert.metric
  if (alert.interface) return 'in_bps,out_bps'
  return alert.device && alert.subject.type === 'device' ? 'latency_ms' : null
}

/** The metric of an alert around the time it was raised. Times in ms since 1970. */
export function useEvidence(alert: MaybeRefOrGetter<Alert>, range: MaybeRefOrGetter<{ from: number, to: number }>) {
  const source = computed((): { path: SeriesPath, id: Id } | null => {
    const { interface: port, device, subject } = toValue(alert)
    if (port) return { path: '/api/v1/interfaces/{id}/metrics', id: port.id }
    return device && subject.type === 'device' ? { path: '/api/v1/devices/{id}/metrics', id: device.id } : null
  })
  return useQuery({
    queryKey: computed(() => ['alerts', 'evidence', source.value, evidenceMetrics(toValue(alert)), toValue(range).from, toValue(range).to]),
    queryFn: ({ signal }) => {
      const { from, to } = toValue(range)
      const query = { metrics: evidenceMetrics(toValue(alert)), from: new Date(from).toISOString(), to: new Date(to).toISOString(), step: Math.max(60, Math.round((to - from) / 1000 / 300)) }
      const { path, id } = source.value ?? { path: '/api/v1/devices/{id}/metrics' as const, id: '' }
      return unwrap<Series>(api.GET(path, { params: { path: { id }, query }, signal }))
    },
    enabled: () => source.value !== null && evidenceMetrics(toValue(alert)) !== null,
  })
}

/** What a rule would have done with what is stored; nothing is raised. */
export function previewRule(rule: RuleInput, from: string): Promise<RulePreview> {
  return unwrap<RulePreview>(api.POST('/api/v1/alert-rules/preview', { body: { ...rule, from } }))
}
