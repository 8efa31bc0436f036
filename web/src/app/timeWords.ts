/** Words for times: what the URL, the presets and the typed line understand. All times are ms since 1970. */

export const presets: { id: string; from: string; to: string | null }[] = [
  { id: '15m', from: '-15m', to: null },
  { id: '1h', from: '-1h', to: null },
  { id: '6h', from: '-6h', to: null },
  { id: '24h', from: '-24h', to: null },
  { id: '7d', from: '-7d', to: null },
  { id: '30d', from: '-30d', to: null },
  { id: 'yesterday', from: 'yesterday', to: 'today' },
  { id: 'week', from: 'week', to: null },
]

export type TimeUnit = 's' | 'm' | 'h' | 'd' | 'w'
const seconds: Record<TimeUnit, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

export function parseRelative(text: string): { amount: number; unit: TimeUnit } | null {
  const match = /^-?(\d{1,5})\s*(s|m|min|h|d|j|w)$/i.exec(text.trim())
  if (!match) return null
  const letter = (match[2] ?? '').toLowerCase()
  return { amount: Number(match[1]), unit: letter === 'min' ? 'm' : letter === 'j' ? 'd' : (letter as TimeUnit) }
}

function midnight(at: number): Date {
  const day = new Date(at)
  day.setHours(0, 0, 0, 0)
  return day
}

function weekday(now: number, day: number): number {
  const start = midnight(now)
  start.setDate(start.getDate() - ((start.getDay() - day + 7) % 7))
  return start.getTime()
}

/** A word or a time of the URL as ms; what cannot be read is one hour ago. */
export function resolve(text: string, now: number): number {
  const relative = parseRelative(text)
  if (relative) return now - relative.amount * seconds[relative.unit] * 1000
  switch (text) {
    case 'now': return now
    case 'today': return midnight(now).getTime()
    case 'yesterday': return midnight(midnight(now).getTime() - 3_600_000).getTime()
    case 'week': return weekday(now, 1)
    default: {
      const at = Date.parse(text)
      return Number.isFinite(at) ? at : now - 3_600_000
    }
  }
}

const days: Record<string, number> = {
  sunday: 0, monday: 1, tuesday: 2, wednesday: 3, thursday: 4, friday: 5, saturday: 6,
  dimanche: 0, lundi: 1, mardi: 2, mercredi: 3, jeudi: 4, vendredi: 5, samedi: 6,
}

function atClock(text: string, now: number): number | null {
  const match = /^(\d{1,2})[:h](\d{2})?$/.exec(text.trim())
  if (!match || Number(match[1]) > 23 || Number(match[2] ?? 0) > 59) return null
  const day = midnight(now)
  day.setHours(Number(match[1]), Number(match[2] ?? 0))
  return day.getTime() > now ? day.getTime() - 86_400_000 : day.getTime()
}

/** Reads `-3h`, `14:00-15:30`, `since monday`, `since 14:00`; `null` when it is none of these. */
export function parseTyped(text: string, now: number): { from: string; to: string | null } | null {
  const clean = text.trim().toLowerCase()
  const relative = parseRelative(clean)
  if (relative) return { from: `-${relative.amount}${relative.unit}`, to: null }
  const since = /^(?:since|depuis)\s+(.+)$/.exec(clean)?.[1]
  if (since) {
    const day = days[since]
    const start = day === undefined ? atClock(since, now) : weekday(now, day)
    return start === null ? null : { from: new Date(start).toISOString(), to: null }
  }
  const [a, b, rest] = clean.split(/\s*[-–]\s*/)
  if (rest !== undefined || !a || !b) return null
  const start = atClock(a, now)
  const end = atClock(b, now)
  if (start === null || end === null) return null
  const first = start > end ? start - 86_400_000 : start
  return { from: new Date(first).toISOString(), to: new Date(end).toISOString() }
}
