import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, unwrap } from '@/api/client'
import type { Id, Job, JobLogLine, Page } from '@/api/models'
import { useLive } from '@/app/useLive'
import { patchRows, useRows } from '@/app/useRows'

export const jobKeys = { all: ['jobs'] as const, rows: ['jobs', 'rows'] as const, log: (id: Id) => ['jobs', 'log', id] as const }

export const isRunning = (job: Job) => job.status === 'running' || job.status === 'queued'

export function useJobRows(filters: MaybeRefOrGetter<Record<string, string>>, ordering: MaybeRefOrGetter<string>) {
  return useRows<Job>({ key: jobKeys.rows, path: '/api/v1/jobs', filters, ordering, initial: '-created_at' })
}

/** Follows one job by its channel while it runs. */
export function useJobLive(id: MaybeRefOrGetter<Id | null>): void {
  const client = useQueryClient()
  useLive(() => { const job = toValue(id); return job ? `jobs.${job}` : null }, {}, (frames) => {
    const last = frames.findLast((f) => f.type === 'job')?.data as Job | undefined
    if (!last?.id) return
    patchRows<Job>(client, jobKeys.rows, last.id, () => last)
    void client.invalidateQueries({ queryKey: jobKeys.log(last.id) })
  })
}

/** What a job wrote, oldest first. */
export function useJobLog(id: MaybeRefOrGetter<Id>, running: MaybeRefOrGetter<boolean>) {
  return useQuery({
    queryKey: computed(() => jobKeys.log(toValue(id))),
    queryFn: async ({ signal }) => {
      const answer = await unwrap<Page<JobLogLine> | JobLogLine[]>(api.GET('/api/v1/jobs/{id}/log', { params: { path: { id: toValue(id) } }, signal }))
      return Array.isArray(answer) ? answer : answer.results
    },
    placeholderData: undefined,
    refetchInterval: () => (toValue(running) ? 2000 : false),
  })
}

export function useJobActs() {
  const client = useQueryClient()
  const act = (verb: 'cancel' | 'retry') => useMutation({
    mutationFn: (id: Id) => unwrap<Job>(api.POST(`/api/v1/jobs/{id}/${verb}`, { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: jobKeys.all }),
  })
  return { cancel: act('cancel'), retry: act('retry') }
}
