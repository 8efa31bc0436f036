import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { mount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, ref, type Ref } from 'vue'
import { api } from '@/api/client'
import * as client from '@/api/client'
import { patchRows, useRows } from './useRows'

interface Row { id: string; name: string }
const page = (results: Row[], total: number, next: string | null = null, exact = true) => ({
  data: { results, next, previous: null, meta: { has_next: next !== null, has_previous: false, total_estimate: total, total_is_exact: exact } }, response: new Response(),
})

let queries: Record<string, unknown>[]
let cache: QueryClient
let wrapper: { unmount: () => void }
let answer: (query: Record<string, unknown>) => unknown
beforeEach(() => {
  queries = []
  cache = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  vi.spyOn(api, 'GET').mockImplementation((async (_: string, init: { params: { query: Record<string, unknown> } }) => {
    queries.push(init.params.query)
    return answer(init.params.query)
  }) as never)
})
afterEach(() => wrapper.unmount())

function use(filters: Ref<Record<string, string>>, ordering: Ref<string>) {
  let result!: ReturnType<typeof useRows<Row>>
  wrapper = mount(defineComponent({ setup() { result = useRows<Row>({ key: ['things'], path: '/api/v1/devices', filters, ordering, initial: 'name', fields: ['id', 'name'] }); return () => null } }), { global: { plugins: [[VueQueryPlugin, { queryClient: cache }]] } })
  return result
}
const [a, b] = [{ id: 'a', name: 'A' }, { id: 'b', name: 'B' }]

describe('useRows', () => {
  it('asks once when everything fits a page, and leaves empty filters out', async () => {
    answer = () => page([a, b], 2)
    const list = use(ref({ status__in: 'down', search: '' }), ref('-name'))
    await flushPromises()
    expect(queries).toEqual([{ page_size: 100, fields: 'id,name', status__in: 'down', ordering: 'name' }])
    expect(list.rows.value).toEqual([a, b])
    expect(list.complete.value).toBe(true)
  })

  it('reads a list of up to ten thousand whole', async () => {
    const whole = vi.spyOn(client, 'readAll').mockResolvedValue({ rows: [a, b], complete: true })
    answer = () => page([a], 2500, '/api/v1/devices?cursor=x')
    const list = use(ref({}), ref('name'))
    await flushPromises()
    await flushPromises()
    expect(whole.mock.calls[0]?.slice(0, 2)).toEqual(['/api/v1/devices', { fields: 'id,name', ordering: 'name' }])
    expect([list.mode.value, list.complete.value, list.total.value]).toEqual(['whole', true, 2])
  })

  it('walks cursors above that, and lets the server sort', async () => {
    answer = (query) => (query.cursor === 'x' ? page([b], 50_000, null, false) : page([a], 50_000, '/api/v1/devices?cursor=x', false))
    const ordering = ref('name')
    const list = use(ref({}), ordering)
    await flushPromises()
    await flushPromises()
    expect([list.mode.value, list.complete.value]).toEqual(['paged', false])
    list.more()
    await flushPromises()
    expect(list.rows.value).toEqual([a, b])
    ordering.value = '-name'
    await flushPromises()
    expect(queries.at(-1)).toMatchObject({ ordering: '-name' })
  })
})

it('patchRows changes one row in every shape of list and leaves the others', () => {
  cache.setQueryData(['things', 'head'], page([a, b], 2).data)
  cache.setQueryData(['things', 'whole'], [a, b])
  cache.setQueryData(['things', 'paged'], { pages: [page([a], 2).data, page([b], 2).data], pageParams: [] })
  const other = [{ id: 'z', name: 'Z' }]
  cache.setQueryData(['things', 'whole', 'other'], other)
  wrapper = { unmount: () => undefined }
  patchRows<Row>(cache, ['things'], 'b', (row) => ({ ...row, name: 'changed' }))
  expect(cache.getQueryData<{ results: Row[] }>(['things', 'head'])?.results.map((r) => r.name)).toEqual(['A', 'changed'])
  expect(cache.getQueryData<Row[]>(['things', 'whole'])?.[1]?.name).toBe('changed')
  expect(cache.getQueryData<{ pages: { results: Row[] }[] }>(['things', 'paged'])?.pages[1]?.results[0]?.name).toBe('changed')
  expect(cache.getQueryData(['things', 'whole', 'other'])).toBe(other)
})
