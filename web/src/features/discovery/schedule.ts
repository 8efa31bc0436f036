/** A schedule as people choose it; the API takes five cron fields in UTC. */
export type Every = 'once' | 'hour' | 'day' | 'week' | 'custom'
export interface Schedule { every: Every, time: string, weekday: number, cron: string }

export function toCron({ every, time, weekday, cron }: Schedule): string | null {
  const [hour, minute] = time.split(':').map(Number)
  if (every === 'once') return null
  if (every === 'custom') return cron.trim() || null
  if (every === 'hour') return `${minute} * * * *`
  return every === 'day' ? `${minute} ${hour} * * *` : `${minute} ${hour} * * ${weekday}`
}

export function fromCron(cron: string | null): Schedule {
  const base: Schedule = { every: 'once', time: '03:00', weekday: 1, cron: cron ?? '' }
  if (cron === null) return base
  const fields = /^(\d+) (\*|\d+) \* \* (\*|\d)$/.exec(cron)
  if (!fields) return { ...base, every: 'custom' }
  const [, minute, hour, weekday] = fields as unknown as [string, string, string, string]
  const two = (text: string) => text.padStart(2, '0')
  if (hour === '*') return weekday === '*' ? { ...base, every: 'hour', time: `00:${two(minute)}` } : { ...base, every: 'custom' }
  const time = `${two(hour)}:${two(minute)}`
  return weekday === '*' ? { ...base, every: 'day', time } : { ...base, every: 'week', time, weekday: Number(weekday) % 7 }
}
