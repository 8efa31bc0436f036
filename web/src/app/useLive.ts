import { useQueryClient, type QueryKey } from '@tanstack/vue-query'
import { onScopeDispose, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { live, type LiveFrame, type LiveListener } from './live'

/**
 * Listens to a channel while the component lives. A channel of `null` listens to nothing (a past time range, no id yet).
 * Frames come in batches, at most once a picture; a `gap` frame says that some were lost.
 */
export function useLive(channel: MaybeRefOrGetter<string | null>, params: MaybeRefOrGetter<Record<string, unknown>>, listener: LiveListener): void {
  let release: (() => void) | null = null
  const stop = () => { release?.(); release = null }
  watch(
    () => [toValue(channel), JSON.stringify(toValue(params))] as const,
    ([name, json]) => {
      stop()
      if (name) release = live.subscribe(name, JSON.parse(json) as Record<string, unknown>, listener)
    },
    { immediate: true },
  )
  onScopeDispose(stop)
}

/**
 * Keeps a query true by a channel: each batch becomes one write to the cache.
 * `merge` answers the new data, or the same object when nothing changed; a `gap` asks the server again.
 */
export function useLiveQuery<T>(
  channel: MaybeRefOrGetter<string | null>,
  key: MaybeRefOrGetter<QueryKey>,
  merge: (data: T | undefined, frame: LiveFrame) => T | undefined,
  params: MaybeRefOrGetter<Record<string, unknown>> = {},
): void {
  const client = useQueryClient()
  useLive(channel, params, (frames) => {
    if (frames.some((f) => f.type === 'gap')) void client.invalidateQueries({ queryKey: toValue(key) })
    client.setQueryData<T>(toValue(key), (data) => frames.filter((f) => f.type !== 'gap' && f.type !== 'error').reduce(merge, data))
  })
}

/** For channels that always send the whole. */
export function replaceWhole<T>(data: T | undefined, frame: LiveFrame): T | undefined {
  return frame.type === 'dashboard_update' ? (frame.data as T) : data
}
