import { flushPromises, mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { useQueryList, useQueryRecord, useQueryText } from './urlState'

async function start(path: string) {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: { template: '' } }] })
  await router.push(path)
  let state!: ReturnType<typeof use>
  const use = () => ({ tab: useQueryText('tab', 'summary', true), tags: useQueryList('tags'), filters: useQueryRecord(['status', 'site']) })
  mount(defineComponent({ setup() { state = use(); return () => null } }), { global: { plugins: [router] } })
  return { router, state }
}

it('reads the page from its address', async () => {
  const { state } = await start('/devices?tab=ports&tags=a,b&status=down&other=1')
  expect([state.tab.value, state.tags.value, state.filters.value]).toEqual(['ports', ['a', 'b'], { status: 'down' }])
})

it('writes several values in one step and keeps what it does not know', async () => {
  const { router, state } = await start('/devices?other=1')
  state.tab.value = 'ports'
  state.filters.value = { status: 'down,degraded' }
  await flushPromises()
  expect(router.currentRoute.value.query).toEqual({ other: '1', tab: 'ports', status: 'down,degraded' })
})

it('leaves out what is as at first', async () => {
  const { router, state } = await start('/devices?tab=ports&tags=a')
  state.tab.value = 'summary'
  state.tags.value = []
  await flushPromises()
  expect(router.currentRoute.value.fullPath).toBe('/devices')
})
