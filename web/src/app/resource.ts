import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, unwrap } from '@/api/client'
import type { Id, Page } from '@/api/models'
import type { CollectionName, PathWith } from '@/api/paths'

const PAGE = 100
/** Collections read whole are small (sites, tags, roles …); this bounds a surprise. */
const MAX_PAGES = 50

/** The cursor inside a `next` reference of a list. */
export function cursorOf(next: string | null): string | undefined {
  return next ? (new URL(next, location.origin).searchParams.get('cursor') ?? undefined) : undefined
}

/** One path stands for all of its shape where the code is the same for each: which ones may come is said by the argument's type. */
type AnyInside = '/api/v1/devices/{id}/interfaces'
type AnyList = '/api/v1/sites'
type AnyMember = '/api/v1/sites/{id}'

/** All rows of a small collection, page by page; `inside` fills the names in braces. */
export async function fetchAll<T>(path: PathWith<'get'>, query: Record<string, unknown> = {}, signal?: AbortSignal, inside: Record<string, Id> = {}): Promise<T[]> {
  const rows: T[] = []
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await unwrap<Page<T>>(api.GET(path as AnyInside, { params: { path: inside as { id: Id }, query: { page_size: PAGE, ...query, cursor } }, signal }))
    rows.push(...answer.results)
    cursor = cursorOf(answer.next)
    if (!cursor) break
  }
  return rows
}

interface Versioned { id: Id; version: number }

/** The usual composables of a small writable collection: everything at once, create, update with `If-Match`, remove. */
export function defineResource<View extends Versioned, Input extends object>(name: CollectionName, ordering = 'name') {
  const path = `/api/v1/${name}` as AnyList
  const member = `${path}/{id}` as AnyMember
  const keys = { all: [name] as const, list: [name, 'list'] as const }
  const refresh = (client: ReturnType<typeof useQueryClient>) => client.invalidateQueries({ queryKey: keys.all })

  return {
    keys,
    useAll(enabled: MaybeRefOrGetter<boolean> = true) {
      return useQuery({
        queryKey: keys.list, queryFn: ({ signal }) => fetchAll<View>(path, { ordering }, signal), enabled: computed(() => toValue(enabled)),
      })
    },
    useCreate<Answer = View>() {
      const client = useQueryClient()
      return useMutation({ mutationFn: (body: Input) => unwrap<Answer>(api.POST(path, { body })), onSuccess: () => refresh(client) })
    },
    useUpdate() {
      const client = useQueryClient()
      return useMutation({
        mutationFn: ({ row, body }: { row: Versioned; body: Partial<Input> }) =>
          unwrap<View>(api.PATCH(member, { params: { path: { id: row.id } }, body, headers: { 'If-Match': `"${row.version}"` } })),
        onSuccess: () => refresh(client),
      })
    },
    useRemove() {
      const client = useQueryClient()
      return useMutation({
        mutationFn: (row: Versioned) => unwrap(api.DELETE(member, { params: { path: { id: row.id } }, headers: { 'If-Match': `"${row.version}"` } })),
        onSuccess: () => refresh(client),
      })
    },
  }
}
