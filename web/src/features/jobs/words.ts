import type { Job } from '@/api/models'
import { t, textOr } from '@/i18n'
import { toMs } from '@/ui/format'

export const kindText = (job: Job) => textOr(`jobs.kind.${job.kind.replaceAll('.', '_')}`, job.kind)
export const statusText = (job: Job) => textOr(`jobs.status.${job.status}`, job.status)

/** Seconds a job has run, or ran. */
export function runSeconds(job: Job, now: number): number | null {
  const start = toMs(job.started_at)
  return start === null ? null : ((toMs(job.finished_at) ?? now) - start) / 1000
}

/** Seconds left at the present rate; `null` when that cannot be said. */
export function secondsLeft(job: Job, now: number): number | null {
  const { done, total } = job.progress
  const ran = runSeconds(job, now)
  if (job.status !== 'running' || !total || done <= 0 || ran === null) return null
  return (ran / done) * Math.max(0, total - done)
}

const places: Record<string, string> = { device: '/devices/', discovery: '/discovery/', run: '/discovery/' }

/** Where the result of a job is shown. */
export function resultPlace(job: Job): string | null {
  const base = job.result && places[job.result.type]
  return base ? base + job.result?.id : null
}

export const progressText = (job: Job) => job.progress.message ?? (job.progress.total ? t('jobs.progress', { done: job.progress.done, total: job.progress.total }) : '')
