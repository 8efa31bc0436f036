import { expect, it } from 'vitest'
import { isNight } from './night'

it('dims from nine in the evening to seven in the morning', () => {
  expect([6, 7, 12, 20, 21, 23].map((hour) => isNight(new Date(2026, 10, 28, hour).getTime()))).toEqual([true, false, false, false, true, true])
})
