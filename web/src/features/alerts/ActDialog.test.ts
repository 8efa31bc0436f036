import { VueQueryPlugin } from '@tanstack/vue-query'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SetupContext } from 'vue'
import type { Alert } from '@/api/models'
import { ApiError, localProblem } from '@/api/problem'
import { i18n } from '@/i18n'
import { toasts } from '@/ui/toast'
import ActDialog from './ActDialog.vue'

const post = vi.hoisted(() => vi.fn())
vi.mock('@/api/client', () => ({ api: { POST: (path: string, options: { params: { path: { id: string } }, body: object }) => ({ path, id: options.params.path.id, body: options.body }) }, unwrap: post, readAll: vi.fn() }))

const alert = (id: string) => ({ id, title: `${id} does not answer`, status: 'active', severity: 'critical' }) as Alert
// The real one wants the provider of the shell.
const bare = { setup: (_: object, { slots }: SetupContext) => () => slots.default?.() }

describe('ActDialog', () => {
  let wrapper: VueWrapper
  afterEach(() => { wrapper.unmount(); post.mockReset(); toasts.value = [] })

  function open(act: 'acknowledge' | 'silence' | 'resolve', alerts: Alert[]) {
    wrapper = mount(ActDialog, { props: { act, alerts }, global: { plugins: [i18n, VueQueryPlugin], stubs: { UiTooltip: bare, RouterLink: true } }, attachTo: document.body })
  }
  const dialog = () => found(document.querySelector('[role="dialog"]'))
  const confirm = async () => {
    found(dialog().querySelector('form')).dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }))
    await flushPromises()
  }

  it('acknowledges one with its note and closes', async () => {
    post.mockResolvedValue(alert('a'))
    open('acknowledge', [alert('a')])
    await flushPromises()
    expect(dialog().textContent).toContain('Acknowledge a does not answer')
    const note = found(dialog().querySelector('textarea'))
    note.value = 'on it'
    note.dispatchEvent(new Event('input'))
    await confirm()
    expect(post.mock.calls[0]?.[0]).toMatchObject({ path: '/api/v1/alerts/{id}/acknowledge', id: 'a', body: { note: 'on it' } })
    expect(wrapper.emitted('close')).toHaveLength(1)
  })

  it('silences several until a time, and tells what failed', async () => {
    post.mockResolvedValueOnce(alert('a')).mockRejectedValueOnce(new ApiError(localProblem('conflict', 'It is over already', 409)))
    open('silence', [alert('a'), alert('b')])
    await flushPromises()
    await confirm()
    const body = (post.mock.calls[1]?.[0] as { body: { until: string } }).body
    expect(Date.parse(body.until)).toBeGreaterThan(Date.now() + 3_500_000)
    expect(toasts.value.map(entry => entry.text)).toEqual(['1 alert silenced', '1 of 2 not done: It is over already'])
    expect(wrapper.emitted('close')).toHaveLength(1)
  })

  it('stays open when nothing was done, with the reason', async () => {
    post.mockRejectedValue(new ApiError(localProblem('permission_denied', 'Not allowed', 403)))
    open('resolve', [alert('a')])
    await flushPromises()
    await confirm()
    expect(dialog().querySelector('[role="alert"]')).not.toBeNull()
    expect(wrapper.emitted('close')).toBeUndefined()
  })
})

function found<T>(element: T | null): T {
  if (element === null) throw new Error('nothing of that kind on the page')
  return element
}
