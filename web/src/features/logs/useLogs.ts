import { useInfiniteQuery } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, unwrap } from '@/api/client'
import type { LogLine, Page } from '@/api/models'
import { asApiError } from '@/api/problem'
import { cursorOf } from '@/app/resource'

const PAGE = 100
/** How often the newest lines are asked for while the range ends now. */
const LOOK_MS = 3000
/** And how often while their store is away. */
const AGAIN_MS = 10_000

/** The lines that match, the newest first; `asks` are the parameters of the API. While only the first page is shown, new lines come by themselves. */
export function useLogs(asks: MaybeRefOrGetter<Record<string, string>>, isLive: MaybeRefOrGetter<boolean>) {
  const query = useInfiniteQuery({
    queryKey: computed(() => ['logs', toValue(asks)]),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) => unwrap<Page<LogLine>>(api.GET('/api/v1/logs', { params: { query: { page_size: PAGE, ...toValue(asks), cursor: pageParam } }, signal })),
    getNextPageParam: (last: Page<LogLine>) => cursorOf(last.next),
    refetchInterval: ({ state }) => {
      if (!toValue(isLive) || (state.data?.pages.length ?? 0) > 1) return false
      if (!state.error) return LOOK_MS
      // what is wrong with the question stays wrong; a store that is away comes back
      return asApiError(state.error).status >= 500 ? AGAIN_MS : false
    },
  })
  const first = computed(() => query.data.value?.pages[0])
  return {
    rows: computed(() => query.data.value?.pages.flatMap((page) => page.results) ?? []),
    total: computed(() => first.value?.meta.total_estimate ?? null),
    pending: query.isPending,
    error: query.error,
    refetch: query.refetch,
    more: () => { if (query.hasNextPage.value && !query.isFetchingNextPage.value) void query.fetchNextPage() },
  }
}
