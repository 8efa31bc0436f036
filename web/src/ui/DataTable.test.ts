import { mount, type VueWrapper } from '@vue/test-utils'
import { TooltipProvider } from 'reka-ui'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, nextTick, ref } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '@/i18n'
import DataTable from './DataTable.vue'
import { sortRows, type Column } from './table/columns'

interface Row { id: string; name: string; cpu: number | null }
const rows: Row[] = [{ id: 'a', name: 'Gi1/0/10', cpu: 0.2 }, { id: 'b', name: 'Gi1/0/2', cpu: null }, { id: 'c', name: 'Gi1/0/1', cpu: 0.9 }]
const columns: Column<Row>[] = [
  { key: 'name', label: 'Name', width: 100, fixed: true, sort: 'name', value: (r) => r.name },
  { key: 'cpu', label: 'CPU', width: 80, sort: 'cpu', value: (r) => r.cpu },
  { key: 'note', label: 'Note', width: 80 },
]

describe('sortRows', () => {
  const names = (ordering: string) => sortRows(rows, columns, ordering).map((r) => r.name)
  it('sorts names the way people count', () => expect(names('name')).toEqual(['Gi1/0/1', 'Gi1/0/2', 'Gi1/0/10']))
  it('puts unknown values last in both directions', () => {
    expect(sortRows(rows, columns, 'cpu').map((r) => r.cpu)).toEqual([0.2, 0.9, null])
    expect(sortRows(rows, columns, '-cpu').map((r) => r.cpu)).toEqual([0.9, 0.2, null])
  })
  it('leaves rows alone for an order it does not know', () => expect(sortRows(rows, columns, 'other')).toBe(rows))
})

let wrapper: VueWrapper
const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: { template: '' } }] })
const ordering = ref('')
const selection = ref<string[]>([])
const more = vi.fn()

async function show(props: Record<string, unknown> = {}) {
  const Host = defineComponent(() => () => h(TooltipProvider, null, () => h(DataTable as never, {
    name: 'test', label: 'Ports', columns, rows, rowKey: (r: Row) => r.id, whole: true, selectable: true, to: (r: Row) => `/ports/${r.id}`, onMore: more,
    ordering: ordering.value, 'onUpdate:ordering': (v: string) => { ordering.value = v }, selection: selection.value, 'onUpdate:selection': (v: string[]) => { selection.value = v }, ...props,
  })))
  wrapper = mount(Host, { global: { plugins: [i18n, router] }, attachTo: document.body })
  await vi.waitUntil(() => bodyRows().length > 0)
}
const bodyRows = () => wrapper.findAll('[role="row"][data-index]')
const texts = () => bodyRows().map((r) => r.findAll('[role="cell"]')[1]?.text())

beforeEach(() => {
  localStorage.clear()
  ordering.value = ''
  selection.value = []
  more.mockClear()
  // The layout engine of the test has no sizes: give every element some, and no observer that takes them back.
  Object.assign(document.defaultView ?? {}, { ResizeObserver: undefined })
  for (const side of ['clientHeight', 'clientWidth', 'offsetHeight', 'offsetWidth'] as const) vi.spyOn(HTMLElement.prototype, side, 'get').mockReturnValue(800)
})
afterEach(() => wrapper?.unmount())

describe('DataTable', () => {
  it('speaks as a table with its true number of rows', async () => {
    await show({ total: 10_234 })
    const table = wrapper.get('[role="table"]')
    expect(table.attributes('aria-rowcount')).toBe('10235')
    expect(table.attributes('aria-label')).toBe('Ports')
    expect(bodyRows()[0]?.attributes('aria-rowindex')).toBe('2')
  })

  it('sorts by a heading, then the other way, and says so', async () => {
    await show()
    const heading = () => wrapper.findAll('[role="columnheader"]').find((c) => c.text() === 'Name')
    await heading()?.get('button').trigger('click')
    expect(texts()).toEqual(['Gi1/0/1', 'Gi1/0/2', 'Gi1/0/10'])
    expect(heading()?.attributes('aria-sort')).toBe('ascending')
    await heading()?.get('button').trigger('click')
    expect(ordering.value).toBe('-name')
  })

  it('does not offer to sort by a column without an order', async () => {
    await show()
    expect(wrapper.findAll('[role="columnheader"]').find((c) => c.text() === 'Note')?.find('button').exists()).toBe(false)
  })

  it('leaves the order to the server when it holds only a part', async () => {
    ordering.value = 'name'
    await show({ whole: false })
    expect(texts()).toEqual(['Gi1/0/10', 'Gi1/0/2', 'Gi1/0/1'])
    expect(more).toHaveBeenCalled()
  })

  it('walks by arrows, opens by Enter and selects ranges by Space', async () => {
    const push = vi.spyOn(router, 'push')
    await show()
    const press = async (key: string, init: KeyboardEventInit = {}) => {
      document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init }))
      await nextTick()
      await nextTick()
    }
    ;(bodyRows()[0]?.element as HTMLElement).focus()
    await press(' ')
    await press('ArrowDown')
    await press('End')
    expect((document.activeElement as HTMLElement).dataset.index).toBe('2')
    await press(' ', { shiftKey: true })
    expect(selection.value).toEqual(['a', 'b', 'c'])
    await press('k')
    await press('Enter')
    expect(push).toHaveBeenCalledWith('/ports/b')
  })

  it('has exactly one tab stop among its rows', async () => {
    await show()
    expect(bodyRows().filter((r) => r.attributes('tabindex') === '0')).toHaveLength(1)
  })
})
