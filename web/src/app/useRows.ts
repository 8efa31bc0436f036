import { useInfiniteQuery, useQuery, type InfiniteData, type QueryClient, type QueryKey } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, readAll, unwrap } from '@/api/client'
import type { Page } from '@/api/models'
import type { PlainPath } from '@/api/paths'
import { cursorOf } from './resource'

/** Up to here a list is read whole and sorted by the page; above, the server sorts and the page walks cursors. */
const WHOLE_UP_TO = 10_000
const PAGE = 100

export interface RowsOptions {
  key: QueryKey
  path: PlainPath
  /** Filters as the API names them; an empty value is left out. */
  filters: MaybeRefOrGetter<Record<string, string>>
  ordering: MaybeRefOrGetter<string>
  /** Order of the first look. */
  initial: string
  /** Orders the server offers; another one is left to the page. */
  sorts?: readonly string[]
  /** Fields to ask for; a list of thousands carries only what it shows. */
  fields?: readonly string[]
  enabled?: MaybeRefOrGetter<boolean>
}

/** The rows of a list for a DataTable, whole or paged as its size asks. */
export function useRows<T>(options: RowsOptions) {
  const filters = computed(() => Object.fromEntries(Object.entries(toValue(options.filters)).filter(([, v]) => v !== '')))
  const enabled = computed(() => toValue(options.enabled ?? true))
  const order = computed(() => {
    const wanted = toValue(options.ordering)
    return wanted && (options.sorts?.includes(wanted.replace(/^-/, '')) ?? true) ? wanted : options.initial
  })
  const fields: Record<string, string> = options.fields ? { fields: options.fields.join(',') } : {}
  const page = (query: Record<string, unknown>, signal: AbortSignal) => unwrap<Page<T>>(api.GET(options.path, { params: { query: { page_size: PAGE, ...fields, ...query } }, signal }))

  const head = useQuery({
    queryKey: computed(() => [...options.key, 'head', filters.value]), enabled,
    queryFn: ({ signal }) => page({ ...filters.value, ordering: options.initial }, signal),
  })
  const mode = computed(() => {
    const meta = head.data.value?.meta
    if (!meta?.has_next) return 'head'
    return meta.total_is_exact && meta.total_estimate <= WHOLE_UP_TO ? 'whole' : 'paged'
  })
  const whole = useQuery({
    queryKey: computed(() => [...options.key, 'whole', filters.value]), enabled: computed(() => enabled.value && mode.value === 'whole'),
    queryFn: async ({ signal }) => (await readAll<T>(options.path, { ...fields, ...filters.value, ordering: options.initial }, signal)).rows,
  })
  const paged = useInfiniteQuery({
    queryKey: computed(() => [...options.key, 'paged', filters.value, order.value]), enabled: computed(() => enabled.value && mode.value === 'paged'),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) => page({ ...filters.value, ordering: order.value, cursor: pageParam }, signal),
    getNextPageParam: (last: Page<T>) => cursorOf(last.next),
  })

  const rows = computed<T[]>(() => {
    const first = head.data.value?.results ?? []
    if (mode.value === 'whole') return whole.data.value ?? first
    return mode.value === 'paged' ? (paged.data.value?.pages.flatMap((p) => p.results) ?? first) : first
  })
  return {
    rows,
    mode,
    /** The rows are all there: the page may sort them. */
    complete: computed(() => mode.value === 'head' || (mode.value === 'whole' && whole.data.value !== undefined)),
    total: computed(() => (mode.value === 'whole' ? (whole.data.value?.length ?? head.data.value?.meta.total_estimate) : head.data.value?.meta.total_estimate) ?? null),
    exact: computed(() => head.data.value?.meta.total_is_exact ?? true),
    pending: head.isPending,
    error: computed(() => head.error.value ?? whole.error.value ?? paged.error.value),
    updatedAt: computed(() => Math.max(head.dataUpdatedAt.value, whole.dataUpdatedAt.value, paged.dataUpdatedAt.value)),
    refetch: () => Promise.all([head.refetch(), mode.value === 'whole' ? whole.refetch() : mode.value === 'paged' ? paged.refetch() : null]),
    more: () => { if (mode.value === 'paged' && paged.hasNextPage.value && !paged.isFetchingNextPage.value) void paged.fetchNextPage() },
  }
}

type Loaded<T> = T[] | Page<T> | InfiniteData<Page<T>> | undefined

/** Changes one row in every loaded list under `key`; lists that do not hold it keep their identity. */
export function patchRows<T extends { id: string }>(client: QueryClient, key: QueryKey, id: string, change: (row: T) => T): void {
  const inRows = (rows: T[]) => {
    const at = rows.findIndex((row) => row.id === id)
    const row = rows[at]
    return row ? rows.with(at, change(row)) : rows
  }
  const inPage = (page: Page<T>) => {
    const results = inRows(page.results)
    return results === page.results ? page : { ...page, results }
  }
  client.setQueriesData<Loaded<T>>({ queryKey: key }, (data) => {
    if (!data) return data
    if (Array.isArray(data)) return inRows(data)
    if ('pages' in data) return { ...data, pages: data.pages.map(inPage) }
    return 'results' in data ? inPage(data) : data
  })
}
