import type { Alert } from '@/api/models'
import { toMs } from '@/ui/format'

const gravity: Record<string, number> = { critical: 3, warning: 2, info: 1 }
const weight = (alert: Alert) => (gravity[alert.severity] ?? 1) - (alert.status === 'acknowledged' ? 10 : 0)

/** What needs somebody, gravest and newest first; what somebody has taken sinks. */
export function sortIncidents(alerts: Alert[]): Alert[] {
  return alerts
    .filter((a) => a.status !== 'resolved')
    .sort((a, b) => weight(b) - weight(a) || (toMs(b.raised_at) ?? 0) - (toMs(a.raised_at) ?? 0))
}

/** Merges new data into an order that must not jump: known ones stay where they are, new ones wait at the end. */
export function holdOrder(shown: string[], next: Alert[]): { held: Alert[]; waiting: number } {
  const byId = new Map(next.map((a) => [a.id, a]))
  const held = shown.map((id) => byId.get(id)).filter((a): a is Alert => a !== undefined)
  return { held, waiting: next.filter((a) => !shown.includes(a.id)).length }
}
