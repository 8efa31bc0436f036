import type { AlertCondition, AlertRule } from '@/api/models'
import { EVENTS, METRICS, STATES, unitOf } from './ruleWords'
import type { RuleInput } from './useAlerts'

type Operator = 'gt' | 'gte' | 'lt' | 'lte'

/** A rule as its form holds it: figures as typed, shares in percent. */
export interface RuleDraft {
  name: string
  description: string
  enabled: boolean
  severity: string
  subject: string
  kind: AlertCondition['kind']
  metric: string
  operator: Operator
  value: string
  clearValue: string
  states: string[]
  event: string
  held: string
  gone: string
  sites: string[]
  tags: string
}

export function draftOf(rule: AlertRule | null): RuleDraft {
  const blank: RuleDraft = {
    name: '', description: '', enabled: true, severity: 'warning', subject: 'device', kind: 'threshold', metric: 'cpu_ratio', operator: 'gte', value: '90', clearValue: '', states: ['down'], event: EVENTS[0] ?? '',
    held: '300', gone: '300', sites: [], tags: '',
  }
  if (!rule) return blank
  const { condition } = rule
  const shown = (value: number | null) => (value === null ? '' : String(round(value * scaleOf(rule.subject, condition.kind === 'threshold' ? condition.metric : ''))))
  return {
    ...blank, name: rule.name, description: rule.description ?? '', enabled: rule.enabled, severity: rule.severity, subject: rule.subject, kind: condition.kind, held: String(rule.for_seconds), gone: String(rule.clear_for_seconds),
    sites: rule.sites, tags: rule.tags.join(', '),
    ...(condition.kind === 'threshold' ? { metric: condition.metric, operator: condition.operator, value: shown(condition.value), clearValue: shown(condition.clear_value) } : {}),
    ...(condition.kind === 'state' ? { states: condition.states } : {}),
    ...(condition.kind === 'event' ? { event: condition.event } : {}),
  }
}

export function ruleOf(draft: RuleDraft): RuleInput {
  const seconds = (text: string) => Math.max(0, Math.round(Number(text) || 0))
  return {
    name: draft.name.trim(), description: draft.description.trim() || null, enabled: draft.enabled, severity: draft.severity, subject: draft.subject, condition: conditionOf(draft),
    for_seconds: draft.kind === 'event' ? 0 : seconds(draft.held), clear_for_seconds: seconds(draft.gone), sites: draft.sites, tags: draft.tags.split(',').map(tag => tag.trim()).filter(Boolean),
  }
}

function conditionOf(draft: RuleDraft): AlertCondition {
  if (draft.kind === 'event') return { kind: 'event', event: draft.event }
  if (draft.kind === 'state') return { kind: 'state', states: draft.states }
  const scale = scaleOf(draft.subject, draft.metric)
  const figure = (text: string) => round(Number(text.replace(',', '.')) / scale)
  return { kind: 'threshold', metric: draft.metric, operator: draft.operator, value: figure(draft.value), clear_value: draft.clearValue.trim() === '' ? null : figure(draft.clearValue) }
}

/** What keeps the draft from being saved, as the key of its message; null when nothing does. */
export function missingIn(draft: RuleDraft): 'needName' | 'needStates' | 'needValue' | null {
  if (draft.kind === 'state' && draft.states.length === 0) return 'needStates'
  const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text.replace(',', '.')))
  if (draft.kind === 'threshold' && (!isNumber(draft.value) || (draft.clearValue.trim() !== '' && !isNumber(draft.clearValue)))) return 'needValue'
  return draft.name.trim() === '' ? 'needName' : null
}

/** Watching something else keeps nothing that would make no sense there. */
export function forSubject(draft: RuleDraft, subject: string): RuleDraft {
  const metrics = Object.keys(METRICS[subject] ?? {})
  const states = STATES[subject] ?? []
  const metric = metrics.includes(draft.metric) ? draft.metric : metrics[0] ?? ''
  return { ...draft, subject, metric, states: draft.states.filter(state => states.includes(state)), kind: draft.kind === 'threshold' && metric === '' ? 'state' : draft.kind }
}

export const scaleOf = (subject: string, metric: string) => (unitOf(subject, metric) === 'ratio' ? 100 : 1)
const round = (value: number) => Number(value.toPrecision(12))
