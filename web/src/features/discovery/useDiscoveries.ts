import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, unwrap, unwrapWithLocation } from '@/api/client'
import type { Credential, CredentialInput, Discovery, DiscoverySuggestion, Id, Page, Run, RunResult } from '@/api/models'
import { defineResource, fetchAll } from '@/app/resource'
import { can, isUnlimited } from '@/app/session'
import { useLive } from '@/app/useLive'
import { isOver, mergeResults, newsOf } from './runMerge'

/** A stored credential by its id, or one written here, which becomes a sealed one. */
export type CredentialChoice = Id | CredentialInput
export interface DiscoveryInput {
  name?: string
  mode: 'sweep' | 'crawl'
  targets: string[]
  exclude: string[]
  port?: number
  credentials: CredentialChoice[]
  schedule: string | null
  add_unidentified: boolean
  create_sites?: boolean
  confirm_large?: boolean
}

export const discoveries = defineResource<Discovery, DiscoveryInput>('discoveries', '-created_at')
const credentials = defineResource<Credential, CredentialInput>('credentials')
export const useCredentials = credentials.useAll

export const discoveryKeys = {
  all: discoveries.keys.all,
  one: (id: Id) => ['discoveries', 'one', id] as const,
  runs: (id: Id) => ['discoveries', 'runs', id] as const,
  results: (run: Id) => ['discoveries', 'results', run] as const,
}

/** The networks this host is in, worth looking through first. They belong to no site: a limited grant does not see them. */
export function useSuggestions(wanted: MaybeRefOrGetter<boolean> = true) {
  return useQuery({
    queryKey: ['discoveries', 'suggestions'],
    queryFn: async ({ signal }) => (await unwrap<{ results: DiscoverySuggestion[] }>(api.GET('/api/v1/discoveries/suggestions', { signal }))).results,
    enabled: () => toValue(wanted) && can('topology:write') && isUnlimited(),
  })
}

/** Creates and starts; answers the id it can be watched under. */
export function useStartDiscovery() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (body: DiscoveryInput) => {
      const { data, location } = await unwrapWithLocation<Discovery>(api.POST('/api/v1/discoveries', { body }))
      return data?.id ?? location?.split('/').at(-1) ?? ''
    },
    onSuccess: () => client.invalidateQueries({ queryKey: discoveryKeys.all }),
  })
}

/** A discovery and its last run, kept true by its channel while the run lasts. */
export function useDiscovery(id: MaybeRefOrGetter<Id>) {
  const client = useQueryClient()
  const query = useQuery({
    queryKey: computed(() => discoveryKeys.one(toValue(id))),
    queryFn: ({ signal }) => unwrap<Discovery>(api.GET('/api/v1/discoveries/{id}', { params: { path: { id: toValue(id) } }, signal })),
    placeholderData: undefined,
    // The channel is the fast way; this mends what a broken socket would hide.
    refetchInterval: ({ state }) => (state.data?.last_run && !isOver(state.data.last_run) ? 5000 : false),
  })
  useLive(() => `discoveries.${toValue(id)}`, {}, (frames) => {
    for (const { run, results } of newsOf(frames)) takeNews(client, toValue(id), run, results)
    if (frames.some(frame => frame.type === 'gap')) void client.invalidateQueries({ queryKey: discoveryKeys.all })
  })
  return query
}

function takeNews(client: QueryClient, id: Id, run: Run, results: RunResult[]) {
  const before = client.getQueryData<Discovery>(discoveryKeys.one(id))?.last_run
  client.setQueryData<Discovery>(discoveryKeys.one(id), discovery => discovery && { ...discovery, last_run: run })
  client.setQueryData<RunResult[]>(discoveryKeys.results(run.id), known => (known ? mergeResults(known, results) : known))
  if (isOver(run) && !isOver(before)) {
    void client.invalidateQueries({ queryKey: discoveryKeys.runs(id) })
    void client.invalidateQueries({ queryKey: discoveryKeys.results(run.id) })
    void client.invalidateQueries({ queryKey: ['topology'] })
    void client.invalidateQueries({ queryKey: ['devices'] })
  }
}

export function useRuns(id: MaybeRefOrGetter<Id>) {
  return useQuery({
    queryKey: computed(() => discoveryKeys.runs(toValue(id))),
    queryFn: async ({ signal }) => (await unwrap<Page<Run>>(api.GET('/api/v1/discoveries/{id}/runs', { params: { path: { id: toValue(id) } }, signal }))).results,
  })
}

/** Everything a run found, read whole; finds of a running one are appended as they come. */
export function useRunResults(id: MaybeRefOrGetter<Id>, run: MaybeRefOrGetter<Id | null>) {
  return useQuery({
    queryKey: computed(() => discoveryKeys.results(toValue(run) ?? '')),
    queryFn: ({ signal }) => fetchAll<RunResult>('/api/v1/discoveries/{id}/runs/{run_id}/results', {}, signal, { id: toValue(id), run_id: toValue(run) ?? '' }),
    enabled: () => Boolean(toValue(run)),
    placeholderData: undefined,
    structuralSharing: false,
  })
}

export function useRunNow() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: Id) => unwrap<{ job_id: Id, run_id: Id }>(api.POST('/api/v1/discoveries/{id}/run', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: discoveryKeys.all }),
  })
}

/** Stops a run; what it found stays. */
export function useCancelRun() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: Id) => unwrap<Run>(api.POST('/api/v1/discoveries/{id}/cancel', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: discoveryKeys.all }),
  })
}
