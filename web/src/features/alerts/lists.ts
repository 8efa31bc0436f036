import type { Alert } from '@/api/models'
import { toMs } from '@/ui/format'

export const TABS = ['active', 'acknowledged', 'silenced', 'history'] as const
export type Tab = (typeof TABS)[number]

export function isSilenced(alert: Alert, now: number): boolean {
  return (toMs(alert.silenced_until) ?? 0) > now && alert.status !== 'resolved'
}

/** Where an alert is listed: silenced goes before acknowledged, both are out of the way. */
export function tabOf(alert: Alert, now: number): Tab {
  if (alert.status === 'resolved') return 'history'
  if (isSilenced(alert, now)) return 'silenced'
  return alert.status === 'acknowledged' ? 'acknowledged' : 'active'
}

const RANK: Record<string, number> = { critical: 0, warning: 1, info: 2 }
export const severityRank = (alert: Pick<Alert, 'severity'>) => RANK[alert.severity] ?? 3

/** What to treat first: severity, then how many times it came, then the oldest. */
export function byUrgency(p: Alert, q: Alert): number {
  return severityRank(p) - severityRank(q) || (p.raised_at < q.raised_at ? -1 : 1)
}

export interface AlertFilters { severity: string[], site: string[], rule: string[], device: string, text: string }

export function passes(alert: Alert, filters: AlertFilters): boolean {
  const text = filters.text.trim().toLowerCase()
  return (filters.severity.length === 0 || filters.severity.includes(alert.severity))
    && (filters.site.length === 0 || filters.site.includes(alert.site_id ?? ''))
    && (filters.rule.length === 0 || filters.rule.includes(alert.rule_id ?? ''))
    && (filters.device === '' || alert.device?.id === filters.device)
    && (text === '' || [alert.title, alert.subject.name, alert.device?.name, alert.rule_name].some(value => value?.toLowerCase().includes(text)))
}

/** Puts an alert of the socket into a list of open ones: replaces it, appends it, or takes it out when it is over. */
export function withAlert(list: readonly Alert[], alert: Alert): Alert[] {
  const others = list.filter(entry => entry.id !== alert.id)
  return alert.status === 'resolved' ? others : others.length < list.length ? list.map(entry => (entry.id === alert.id ? alert : entry)) : [...list, alert]
}
