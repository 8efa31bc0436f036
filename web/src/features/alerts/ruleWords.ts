import type { AlertCondition, AlertRule } from '@/api/models'
import { i18n, t, textOr } from '@/i18n'
import { formatDuration, formatUnit } from '@/ui/format'

/** Metrics that a rule may watch, by what it watches, with the unit of their values. */
export const METRICS: Record<string, Record<string, string>> = {
  device: { cpu_ratio: 'ratio', memory_used_ratio: 'ratio', storage_used_ratio: 'ratio', latency_ms: 'ms', loss_ratio: 'ratio', poll_duration_ms: 'ms', uptime_seconds: 's' },
  interface: {
    utilisation_ratio: 'ratio', in_bps: 'bit/s', out_bps: 'bit/s', in_pps: 'pps', out_pps: 'pps',
    in_broadcast_pps: 'pps', out_broadcast_pps: 'pps', in_multicast_pps: 'pps', out_multicast_pps: 'pps', in_errors_per_second: '1/s', out_errors_per_second: '1/s',
    in_discards_per_second: '1/s', out_discards_per_second: '1/s',
  },
  check: { latency_ms: 'ms', loss_ratio: 'ratio', jitter_ms: 'ms' },
  collector: {},
}
export const STATES: Record<string, string[]> = {
  device: ['down', 'unreachable', 'degraded', 'snmp_silent', 'pending'], interface: ['down', 'lower_layer_down', 'dormant', 'not_present'], check: ['failing', 'unknown'], collector: ['silent'],
}
export const EVENTS = [
  'device.rebooted', 'device.identity_changed', 'interface.status_changed', 'interface.flapping', 'link.appeared', 'link.vanished', 'link.moved', 'neighbour.changed', 'address.conflict', 'check.state_changed', 'configuration.changed',
]

export const metricName = (metric: string) => textOr(`alerts.metric.${metric}`, metric)
export const unitOf = (subject: string, metric: string) => METRICS[subject]?.[metric] ?? ''
export const stateName = (state: string) => textOr(`alerts.state.${state}`, textOr(`telemetry.state.${state}`, state))
export const eventName = (event: string) => textOr(`alerts.event.${event.replaceAll('.', '_')}`, event)

const SIGNS: Record<string, string> = { gt: '>', gte: '≥', lt: '<', lte: '≤' }
export const signOf = (operator: string) => SIGNS[operator] ?? operator

const sentence = (words: string) => words.charAt(0).toLocaleUpperCase() + words.slice(1)
const either = (words: string[]) => new Intl.ListFormat(i18n.global.locale.value, { type: 'disjunction' }).format(words)

function conditionWords(subject: string, condition: AlertCondition): string {
  if (condition.kind === 'event') return t('alerts.words.event', { event: eventName(condition.event) })
  if (condition.kind === 'state') return t('alerts.words.state', { subject: t(`alerts.subject.${subject}`), states: either(condition.states.map(stateName)) })
  const value = (figure: number) => formatUnit(figure, unitOf(subject, condition.metric))
  return t('alerts.words.threshold', { metric: metricName(condition.metric), subject: t(`alerts.subject.${subject}`), sign: signOf(condition.operator), value: value(condition.value) })
}

function clearWords(rule: Pick<AlertRule, 'subject' | 'condition' | 'clear_for_seconds'>): string {
  const { condition, subject } = rule
  const time = formatDuration(rule.clear_for_seconds)
  if (condition.kind === 'event') return rule.clear_for_seconds > 0 ? t('alerts.words.clearsAfter', { time }) : t('alerts.words.clearsByHand')
  if (condition.kind === 'threshold' && condition.clear_value !== null) {
    const back = condition.operator.startsWith('g') ? '<' : '>'
    const value = formatUnit(condition.clear_value, unitOf(subject, condition.metric))
    return rule.clear_for_seconds > 0 ? t('alerts.words.clearsAtFor', { sign: back, value, time }) : t('alerts.words.clearsAt', { sign: back, value })
  }
  return rule.clear_for_seconds > 0 ? t('alerts.words.clearsFor', { time }) : t('alerts.words.clears')
}

/** The whole rule as one or two sentences. */
export function ruleWords(rule: Pick<AlertRule, 'subject' | 'condition' | 'for_seconds' | 'clear_for_seconds'>): string {
  const held = rule.for_seconds > 0 && rule.condition.kind !== 'event' ? ` ${t('alerts.words.for', { time: formatDuration(rule.for_seconds) })}` : ''
  return `${sentence(conditionWords(rule.subject, rule.condition))}${held}. ${clearWords(rule)}`
}
