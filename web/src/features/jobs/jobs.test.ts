import { expect, it } from 'vitest'
import type { Job } from '@/api/models'
import { resultPlace, runSeconds, secondsLeft } from './words'

const start = Date.parse('2026-11-23T12:00:00.000Z')
const job = (change: Partial<Job>) => ({ status: 'running', started_at: '2026-11-23T12:00:00.000Z', finished_at: null, progress: { done: 0, total: null, message: null }, result: null, ...change }) as Job

it('counts the time of a job while it runs and after', () => {
  expect(runSeconds(job({}), start + 5000)).toBe(5)
  expect(runSeconds(job({ finished_at: '2026-11-23T12:00:02.000Z' }), start + 9e6)).toBe(2)
  expect(runSeconds(job({ started_at: null }), start)).toBeNull()
})

it('says how long it takes still only when it can know', () => {
  expect(secondsLeft(job({ progress: { done: 25, total: 100, message: null } }), start + 10_000)).toBe(30)
  expect(secondsLeft(job({ progress: { done: 0, total: 100, message: null } }), start + 10_000)).toBeNull()
  expect(secondsLeft(job({ status: 'succeeded', progress: { done: 5, total: 5, message: null } }), start)).toBeNull()
})

it('leads to the result where there is a page for it', () => {
  expect(resultPlace(job({ result: { type: 'device', id: 'd1', href: '/api/v1/devices/d1' } }))).toBe('/devices/d1')
  expect(resultPlace(job({ result: { type: 'thing', id: 'x', href: '' } }))).toBeNull()
})
