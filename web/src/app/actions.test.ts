import { afterEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref, type EffectScope } from 'vue'
import { actions, handleKey, spell, useActions, type Action } from './actions'
import { singleKeys } from './preferences'

let scope: EffectScope
const offer = (...list: Action[]) => { scope = effectScope(); scope.run(() => useActions(list)) }
const act = (keys: string, run = vi.fn()) => ({ id: keys, label: keys, keys, group: 'page' as const, run })
const press = (key: string, init: KeyboardEventInit = {}, now = 0, target: HTMLElement = document.body) => {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init })
  Object.defineProperty(event, 'target', { value: target })
  return handleKey(event, now)
}
afterEach(() => { scope.stop(); singleKeys.value = true; press('Escape', {}, 9e9) })

describe('keys', () => {
  it('run what they stand for', () => {
    const poll = act('p')
    offer(poll)
    expect(press('p')).toBe(true)
    expect(poll.run).toHaveBeenCalledOnce()
    expect(press('q')).toBe(false)
  })

  it('may come one after the other, but not too late', () => {
    const devices = act('g d')
    offer(devices, act('d'))
    press('g', {}, 0)
    press('d', {}, 400)
    expect(devices.run).toHaveBeenCalledOnce()
    press('g', {}, 1000)
    press('d', {}, 5000)
    expect(devices.run).toHaveBeenCalledOnce()
  })

  it('are not heard while somebody types, unless with Ctrl', () => {
    const [plain, control] = [act('p'), act('Ctrl K')]
    offer(plain, control)
    const field = document.createElement('input')
    press('p', {}, 0, field)
    press('k', { ctrlKey: true }, 0, field)
    expect(plain.run).not.toHaveBeenCalled()
    expect(control.run).toHaveBeenCalledOnce()
  })

  it('of one letter can be switched off', () => {
    const [plain, control] = [act('p'), act('Ctrl K')]
    offer(plain, control)
    singleKeys.value = false
    expect(press('p')).toBe(false)
    expect(press('k', { metaKey: true })).toBe(true)
  })

  it('follow what is offered now and end with the component', () => {
    const shown = ref(false)
    const poll = act('p')
    scope = effectScope()
    scope.run(() => useActions(() => (shown.value ? [poll] : [])))
    expect(press('p')).toBe(false)
    shown.value = true
    expect(press('p')).toBe(true)
    scope.stop()
    expect(actions.value).toEqual([])
  })
})

it('spells keys as the table writes them', () => {
  expect(spell(new KeyboardEvent('keydown', { key: 'ArrowLeft', altKey: true }))).toBe('Alt Left')
  expect(spell(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true }))).toBe('Ctrl K')
  expect(spell(new KeyboardEvent('keydown', { key: '?' }))).toBe('?')
})
