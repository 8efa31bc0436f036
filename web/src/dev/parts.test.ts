// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import { h } from 'vue'
import { i18n } from '@/i18n'
import UiRoot from '@/ui/UiRoot.vue'
import PartsPage from './PartsPage.vue'

vi.mock('uplot', () => ({ default: class { destroy() { /* nothing was drawn */ } setData() { /* nothing is drawn */ } setSize() { /* nothing is drawn */ } redraw() { /* nothing is drawn */ } } }))
vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }))

it('shows the states of a region as pictures of their own', () => {
  const page = mount({ render: () => h(UiRoot, { locale: 'en' }, () => h(PartsPage)) }, { global: { plugins: [i18n], stubs: { RouterLink: true, Teleport: true } } })
  const card = (title: string) => page.findAll('section').find((section) => section.find('h2').text() === title)
  const told = (title: string) => card(title)?.text() ?? ''
  expect(card('Loading, then slow')?.find('[aria-busy="true"]').exists()).toBe(true)
  expect(told('Partial')).toContain('Netdata')
  expect(told('Partial')).toContain('42 devices')
  expect(told('Stale')).toMatch(/18.min/)
  expect(card('Empty, nothing yet')?.find('button').text()).toBe('Back up now')
  expect(told('Empty, filtered')).toContain('severity error')
  expect(card('Failed')?.find('[role="alert"]').text()).toContain('01J8Z3')
  expect(told('Failed, waits by itself')).toContain('3600')
  expect(told('Forbidden')).toContain('credentials:read')
  page.unmount()
})
