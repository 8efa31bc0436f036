import { describe, expect, it } from 'vitest'
import type { AlertRule } from '@/api/models'
import { draftOf, forSubject, missingIn, ruleOf } from './ruleDraft'

const rule: AlertRule = {
  id: 'r', version: 3, created_at: '', updated_at: '', built_in: false, name: 'Busy', description: null, enabled: true, severity: 'warning', subject: 'interface',
  condition: { kind: 'threshold', metric: 'utilisation_ratio', operator: 'gte', value: 0.9, clear_value: 0.805 }, for_seconds: 300, clear_for_seconds: 60, sites: ['s'], tags: ['core', 'wan'],
}

describe('ruleDraft', () => {
  it('shows shares in percent and gives back what it was given', () => {
    const draft = draftOf(rule)
    expect([draft.value, draft.clearValue]).toEqual(['90', '80.5'])
    expect(rule).toMatchObject(ruleOf(draft))
  })
  it('says what is missing', () => {
    expect(missingIn({ ...draftOf(rule), value: '' })).toBe('needValue')
    expect(missingIn({ ...draftOf(rule), kind: 'state', states: [] })).toBe('needStates')
    expect(missingIn({ ...draftOf(rule), name: ' ' })).toBe('needName')
    expect(missingIn(draftOf(rule))).toBeNull()
  })
  it('takes a decimal comma', () => {
    expect(ruleOf({ ...draftOf(rule), value: '92,5' }).condition).toMatchObject({ value: 0.925 })
  })
  it('keeps only what makes sense for another subject', () => {
    expect(forSubject(draftOf(rule), 'device').metric).toBe('cpu_ratio')
    expect(forSubject(draftOf(rule), 'collector').kind).toBe('state')
  })
})
