import type { Access, Run, RunResult } from '@/api/models'
import { i18n, t, textOr } from '@/i18n'
import { formatDuration, toMs } from '@/ui/format'
import { markOf, type Mark } from '@/ui/status'
import { fromCron } from './schedule'

/** Name of a day of the week, 0 is Sunday. */
export function weekdayName(day: number): string {
  // 4 January 1970 was a Sunday.
  return new Intl.DateTimeFormat(i18n.global.locale.value, { weekday: 'long', timeZone: 'UTC' }).format((3 + day) * 86_400_000)
}

export function scheduleWords(cron: string | null): string {
  const { every, time, weekday } = fromCron(cron)
  if (every === 'once') return t('discovery.schedule.once')
  if (every === 'hour') return t('discovery.schedule.hourly', { minute: Number(time.slice(3)) })
  if (every === 'day') return t('discovery.schedule.daily', { time })
  return every === 'week' ? t('discovery.schedule.weekly', { day: weekdayName(weekday), time }) : cron ?? ''
}

export function outcomeMark(outcome: string): Mark {
  const marks: Record<string, Mark> = { new: 'info', changed: 'warn', unchanged: 'ok', candidate: 'unknown', gone: 'bad' }
  return marks[outcome] ?? 'off'
}

/** The access that explains why an address is only a candidate: the first that did not work. */
export function failedAccess(result: RunResult): Access | null {
  return result.access.find(access => access.state !== 'ok' && access.protocol === 'snmp') ?? result.access.find(access => access.state !== 'ok') ?? null
}

export function accessWords(result: RunResult): string {
  return result.access.map(access => `${access.protocol.toUpperCase()} ${textOr(`discovery.access.${access.state}`, access.state)}`).join(', ')
}

export function runMark(run: Run | null): Mark {
  return run ? markOf(run.status) : 'off'
}

export function runTook(run: Run): string | null {
  const [from, to] = [toMs(run.started_at), toMs(run.finished_at)]
  return from === null || to === null ? null : formatDuration((to - from) / 1000)
}
