import { afterEach, describe, expect, it } from 'vitest'
import type { AlertCondition } from '@/api/models'
import { setLocale } from '@/i18n'
import { ruleWords } from './ruleWords'

const rule = (subject: string, condition: AlertCondition, held = 0, clear = 0) => ruleWords({ subject, condition, for_seconds: held, clear_for_seconds: clear }).replaceAll('\u00a0', ' ')

describe('ruleWords', () => {
  afterEach(() => setLocale('en'))
  it('tells a threshold with its hysteresis', () => {
    expect(rule('interface', { kind: 'threshold', metric: 'utilisation_ratio', operator: 'gte', value: 0.9, clear_value: 0.8 }, 300, 60))
      .toBe('Utilisation of a port ≥ 90 % for 5 min. Clears when < 80 % for 1 min')
  })
  it('tells states and events', () => {
    expect(rule('device', { kind: 'state', states: ['down', 'unreachable'] }, 60)).toBe('A device is down or unreachable for 1 min. Clears when it is over')
    expect(rule('device', { kind: 'event', event: 'device.rebooted' }, 0, 3600)).toBe('Device restarted. Clears after 1 h')
  })
  it('speaks French', async () => {
    await setLocale('fr')
    expect(rule('device', { kind: 'threshold', metric: 'cpu_ratio', operator: 'gt', value: 0.85, clear_value: null }, 120)).toBe('Processeur d’un équipement > 85 % pendant 2 min. Se résout quand c’est fini')
  })
})
