import { VueQueryPlugin } from '@tanstack/vue-query'
import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SetupContext } from 'vue'
import { i18n } from '@/i18n'
import DiscoveryForm from './DiscoveryForm.vue'
import type { DiscoveryInput } from './useDiscoveries'

vi.mock('@/app/session', () => ({ can: () => false }))

// The real one wants the provider of the shell.
const bare = { setup: (_: object, { slots }: SetupContext) => () => slots.default?.() }
const blank: DiscoveryInput = { mode: 'sweep', targets: [], exclude: [], credentials: [], schedule: null, add_unidentified: false }

describe('DiscoveryForm', () => {
  afterEach(() => { document.body.innerHTML = '' })

  function open(initial = blank) {
    const wrapper = mount(DiscoveryForm, { props: { initial, submit: 'Start discovery', busy: false, error: null }, global: { plugins: [i18n, VueQueryPlugin], stubs: { RouterLink: true, UiTooltip: bare } }, attachTo: document.body })
    const byLabel = (label: string) => {
      const found = [...document.querySelectorAll('label')].find(entry => entry.textContent?.trim().startsWith(label))
      return wrapper.get<HTMLInputElement>(`[id="${found?.getAttribute('for')}"]`)
    }
    const button = (name: string) => wrapper.findAll('button').find(entry => entry.text() === name) ?? wrapper.get(`no button is called ${name}`)
    return { wrapper, byLabel, button, submit: () => wrapper.get('form').trigger('submit') }
  }

  it('counts while it is typed and sends what was meant', async () => {
    const { wrapper, byLabel, submit } = open()
    await byLabel('Targets').setValue('10.0.0.0/24\n192.0.2.7')
    expect(wrapper.text()).toContain('255 addresses')
    await submit()
    expect(wrapper.emitted('save')?.[0]?.[0]).toMatchObject({ mode: 'sweep', targets: ['10.0.0.0/24', '192.0.2.7'], port: 161, schedule: null, credentials: [] })
  })

  it('mends a bad network with one click', async () => {
    const { wrapper, byLabel, button, submit } = open()
    await byLabel('Targets').setValue('10.0.0.0/40')
    await submit()
    expect(wrapper.emitted('save')).toBeUndefined()
    await button('Write 10.0.0.0/24').trigger('click')
    expect(byLabel('Targets').element.value).toBe('10.0.0.0/24')
    await submit()
    expect(wrapper.emitted('save')).toHaveLength(1)
  })

  it('asks for a confirmation before a /8', async () => {
    const { wrapper, byLabel, submit } = open()
    await byLabel('Targets').setValue('10.0.0.0/8')
    await submit()
    expect(wrapper.emitted('save')).toBeUndefined()
    await wrapper.get('[role="checkbox"][aria-label^="Ask all"]').trigger('click')
    await submit()
    expect(wrapper.emitted('save')?.[0]?.[0]).toMatchObject({ confirm_large: true })
  })

  it('takes a credential written on the spot', async () => {
    const { wrapper, byLabel, button, submit } = open({ ...blank, targets: ['192.0.2.7'] })
    await button('New credential').trigger('click')
    await byLabel('Name').setValue('Lab')
    await byLabel('Community').setValue('s3cret')
    await byLabel('Community').trigger('keydown', { key: 'Enter' })
    await submit()
    expect(wrapper.emitted('save')?.[0]?.[0]).toMatchObject({ credentials: [{ name: 'Lab', kind: 'snmp_v2c', community: 's3cret' }] })
  })
})
