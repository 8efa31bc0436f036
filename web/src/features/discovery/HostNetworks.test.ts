import { VueQueryPlugin } from '@tanstack/vue-query'
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SetupContext } from 'vue'
import type { DiscoverySuggestion } from '@/api/models'
import { i18n } from '@/i18n'
import HostNetworks from './HostNetworks.vue'

const { ask } = vi.hoisted(() => ({ ask: vi.fn() }))
let right = true
vi.mock('@/app/session', () => ({ can: () => right, isUnlimited: () => right }))
vi.mock('@/api/client', async (load) => ({ ...await load<object>(), api: { GET: ask } }))

const lan: DiscoverySuggestion = { target: '10.20.28.0/22', network: '10.0.0.0/8', address: '10.20.31.7', interface: 'eth0', kind: 'network', gateway: '10.0.0.1', addresses: 1022, reason: 'too large' }
const docker: DiscoverySuggestion = { target: '172.17.0.0/24', network: '172.17.0.0/24', address: '172.17.0.1', interface: 'docker0', kind: 'inside', gateway: null, addresses: 254, reason: null }
const bare = { setup: (_: object, { slots }: SetupContext) => () => slots.default?.() }

async function show(props: Record<string, unknown>) {
  ask.mockResolvedValue({ data: { results: [lan, docker] }, response: new Response(null, { status: 200 }) })
  const wrapper = mount(HostNetworks, { props, global: { plugins: [i18n, VueQueryPlugin], stubs: { RouterLink: { props: ['to'], template: '<a :href="JSON.stringify(to)"><slot /></a>' }, UiTooltip: bare } } })
  await flushPromises()
  return wrapper
}

describe('the networks of the host', () => {
  afterEach(() => { right = true; ask.mockReset() })

  it('are offered with the reason why one is narrowed, and say which leads to containers only', async () => {
    const wrapper = await show({})
    expect(wrapper.text()).toContain('10.0.0.0/8')
    expect(wrapper.text()).toContain('16,777,214')
    expect(wrapper.findAll('li').map((row) => row.text().includes('containers'))).toEqual([false, true])
    expect(wrapper.get('a').attributes('href')).toContain('"targets":"10.20.28.0/22"')
  })
  it('fill the form by one click, once', async () => {
    const onChoose = vi.fn()
    const wrapper = await show({ onChoose, taken: ['172.17.0.0/24'] })
    expect(wrapper.findAll('button')).toHaveLength(1)
    await wrapper.get('button').trigger('click')
    expect(onChoose).toHaveBeenCalledWith('10.20.28.0/22')
  })
  it('give gateways to a crawl', async () => {
    const wrapper = await show({ crawl: true, onChoose: () => undefined })
    expect(wrapper.findAll('button').map((button) => button.text())).toEqual(['Start from 10.0.0.1'])
  })
  it('are not asked for by who may not discover', async () => {
    right = false
    const wrapper = await show({})
    expect(ask).not.toHaveBeenCalled()
    expect(wrapper.find('section').exists()).toBe(false)
  })
})
