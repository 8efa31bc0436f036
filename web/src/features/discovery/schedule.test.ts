import { describe, expect, it } from 'vitest'
import { fromCron, toCron } from './schedule'

describe('schedule', () => {
  it.each(['0 3 * * *', '30 22 * * 5', '15 * * * *', '*/5 1-3 * * 1,2'])('reads and writes %s', cron => expect(toCron(fromCron(cron))).toBe(cron))
  it('is null for once', () => expect(toCron(fromCron(null))).toBeNull())
})
