import { i18n } from '@/i18n'

/** Between figure and unit: they are never parted by a line end. */
const NBSP = '\u00a0'
export const UNKNOWN = '–'

type Maybe = number | null | undefined

const locale = () => i18n.global.locale.value
const cache = new Map<string, Intl.NumberFormat>()

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale() + JSON.stringify(options)
  let format = cache.get(key)
  if (!format) cache.set(key, format = new Intl.NumberFormat(locale(), options))
  return format
}

const missing = (value: Maybe): value is null | undefined => value === null || value === undefined || !Number.isFinite(value)

/** A count: `1,915`, in French `1 915`. */
export function formatCount(value: Maybe): string {
  return missing(value) ? UNKNOWN : numbers({ maximumFractionDigits: 0 }).format(value)
}

/** A figure of at most three digits where it matters: `7.1`, `61.3`, `310`. */
export function formatFigure(value: Maybe, digits?: number): string {
  if (missing(value)) return UNKNOWN
  const size = Math.abs(value)
  return numbers({ maximumFractionDigits: digits ?? (size !== 0 && size < 1 ? 2 : size < 100 ? 1 : 0) }).format(value)
}

/** A figure and its unit apart, for those who draw the unit in another tone. */
export interface Quantity { figure: string; unit: string }

const join = ({ figure, unit }: Quantity) => (unit === '' || unit.startsWith('/') ? figure + unit : figure + NBSP + unit)

function scaled(value: Maybe, base: number, units: string[]): Quantity {
  if (missing(value)) return { figure: UNKNOWN, unit: '' }
  let size = value
  let step = 0
  // 999.6 would be written 1000: the next unit already.
  while (Math.abs(size) >= base - 0.5 && step < units.length - 1) { size /= base; step++ }
  return { figure: formatFigure(size, step === 0 ? 0 : undefined), unit: units[step] ?? '' }
}

/** Bits per second in decimal SI. */
export function bits(value: Maybe): Quantity {
  return scaled(value, 1000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'])
}
export const formatBits = (value: Maybe) => join(bits(value))

/** Line speed without `/s`, as it is written on ports: `10 Gbit/s` stays, `1000 Mbit/s` is `1 Gbit/s`. */
export const formatSpeed = formatBits

/** Bytes as stored, decimal: `412 MB`, in French `412 Mo`. */
export function bytes(value: Maybe): Quantity {
  return scaled(value, 1000, locale() === 'fr' ? ['o', 'ko', 'Mo', 'Go', 'To', 'Po'] : ['B', 'kB', 'MB', 'GB', 'TB', 'PB'])
}
export const formatBytes = (value: Maybe) => join(bytes(value))

/** Packets, errors per second. */
export function perSecond(value: Maybe, unit = ''): Quantity {
  if (missing(value)) return { figure: UNKNOWN, unit: '' }
  const { figure, unit: prefix } = scaled(value, 1000, ['', 'k', 'M', 'G'])
  const exact = Math.abs(value) < 100 ? formatFigure(value) : figure
  return { figure: exact, unit: `${prefix}${unit}/s` }
}
export const formatPerSecond = (value: Maybe, unit = '') => join(perSecond(value, unit))

/** A share from 0 to 1 as `94 %`; below 10 % one decimal, close to 100 as many as it takes to differ from it. */
export function formatPercent(ratio: Maybe, digits?: number): string {
  if (missing(ratio)) return UNKNOWN
  const percent = ratio * 100
  let places = digits
  if (places === undefined) places = percent > 99.9 && percent < 100 ? 3 : percent !== 0 && Math.abs(percent) < 10 ? 1 : 0
  return numbers({ maximumFractionDigits: places }).format(percent) + NBSP + '%'
}

/** Milliseconds, seconds above a second: `340 ms`, `1.2 s`. */
export function formatMilliseconds(value: Maybe): string {
  if (missing(value)) return UNKNOWN
  return Math.abs(value) >= 1000 ? formatFigure(value / 1000) + NBSP + 's' : formatFigure(value) + NBSP + 'ms'
}

/** The two largest parts of a duration: `18 min`, `7 min 46 s`, `212 d 4 h` (`j` in French). */
export function formatDuration(seconds: Maybe, parts = 2): string {
  if (missing(seconds)) return UNKNOWN
  const total = Math.max(0, Math.round(seconds))
  const names = ['d', 'h', 'min', 's']
  if (locale() === 'fr') names[0] = 'j'
  const values = [Math.floor(total / 86400), Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60, total % 60]
  const first = Math.max(0, values.findIndex((v) => v > 0))
  const start = total === 0 ? 3 : first
  const shown = values.slice(start, start + parts).map((v, i) => ({ v, name: names[start + i] })).filter((p, i) => i === 0 || p.v > 0)
  return shown.map((p) => numbers({}).format(p.v) + NBSP + p.name).join(' ')
}

/** How long ago, one part: `2 s`, `18 min`. Never negative: clocks differ a little. */
export function formatAge(time: string | number | null | undefined, now: number): string {
  const at = toMs(time)
  return at === null ? UNKNOWN : formatDuration(Math.max(0, (now - at) / 1000), 1)
}

export function toMs(time: string | number | null | undefined): number | null {
  if (time === null || time === undefined) return null
  const at = typeof time === 'number' ? time : Date.parse(time)
  return Number.isFinite(at) ? at : null
}

const dateCache = new Map<string, Intl.DateTimeFormat>()
function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale() + JSON.stringify(options)
  let format = dateCache.get(key)
  if (!format) dateCache.set(key, format = new Intl.DateTimeFormat(locale() === 'en' ? 'en-GB' : locale(), { hourCycle: 'h23', ...options }))
  return format
}

/** `14:02`, with seconds when asked. */
export function formatClock(time: string | number | null | undefined, seconds = false): string {
  const at = toMs(time)
  return at === null ? UNKNOWN : dates({ hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}) }).format(at)
}

/** Date and time in full with the zone, for tooltips. */
export function formatDateTime(time: string | number | null | undefined): string {
  const at = toMs(time)
  if (at === null) return UNKNOWN
  return dates({ year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' }).format(at)
}

/** `14:02` today, `3 Nov 14:02` this year, `3 Nov 2025` before. */
export function formatMoment(time: string | number | null | undefined, now = Date.now()): string {
  const at = toMs(time)
  if (at === null) return UNKNOWN
  const then = new Date(at)
  const today = new Date(now)
  if (then.toDateString() === today.toDateString()) return formatClock(at)
  if (then.getFullYear() === today.getFullYear()) return `${dates({ day: 'numeric', month: 'short' }).format(at)} ${formatClock(at)}`
  return dates({ day: 'numeric', month: 'short', year: 'numeric' }).format(at)
}

/** A moment inside a stretch of `span` ms: to the second where it is short, with its day where it is long. */
export function formatInstant(at: number, span: number, now = Date.now()): string {
  const day = new Date(at).toDateString() === new Date(now).toDateString() ? '' : dates({ day: 'numeric', month: 'short' }).format(at) + ' '
  return day + formatClock(at, span <= 6 * 3_600_000)
}

/** The words of a list: `a, b and c`. */
export function formatList(words: string[]): string {
  return new Intl.ListFormat(locale(), { type: 'conjunction' }).format(words)
}

/** A figure in the unit that the API names (`bit/s`, `ratio`, `bytes`, `ms`, `s`, …). */
export function formatUnit(value: Maybe, unit: string): string {
  switch (unit) {
    case 'bps': case 'bit/s': return formatBits(value)
    case 'pps': case 'packets/s': return formatPerSecond(value, 'p')
    case 'per_second': case '1/s': case 'errors/s': case 'records/s': return formatPerSecond(value)
    case 'bytes': case 'byte': case 'B': return formatBytes(value)
    case 'bytes_per_second': case 'bytes/s': case 'byte/s': case 'B/s': return missing(value) ? UNKNOWN : `${formatBytes(value)}/s`
    case 'ratio': return formatPercent(value)
    case 'ms': case 'milliseconds': return formatMilliseconds(value)
    case 's': case 'seconds': return formatDuration(value)
    case 'celsius': case '°C': return missing(value) ? UNKNOWN : formatFigure(value) + NBSP + '°C'
    case '': case 'count': return formatFigure(value)
    default: return missing(value) ? UNKNOWN : formatFigure(value) + NBSP + unit
  }
}

/** The first letter large, for a word that starts a sentence. */
export function capitalise(text: string): string {
  return text.charAt(0).toLocaleUpperCase(locale()) + text.slice(1)
}
