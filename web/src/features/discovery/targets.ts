/** What is typed as targets, understood here first: how many addresses, what overlaps, what is no network. */

/** Addresses a discovery may have before the server asks for a confirmation. */
export const LARGE = 65_536n
/** Addresses probed a second, as the server does by default; the estimate wears `≈`. */
export const RATE_PER_SECOND = 200

export type TargetProblem =
  | { code: 'invalid', text: string }
  | { code: 'prefix', text: string, max: number, suggestion: string }
  | { code: 'host_bits', text: string, suggestion: string }
  | { code: 'overlap', text: string, other: string }

export interface Span { family: 4 | 6, from: bigint, to: bigint }
export interface Target { text: string, line: number, span: Span | null, problem: TargetProblem | null }
export interface Targets {
  items: Target[]
  /** Addresses that will be asked, overlaps and exclusions taken off. */
  count: bigint
  seconds: number
  /** Something keeps it from being sent. An overlap does not: it is only asked once. */
  blocked: boolean
  large: boolean
  spans: Span[]
}

export function parseTargets(text: string, excluded = ''): Targets {
  const items = splitLines(text).map(({ text: item, line }) => parseTarget(item, line))
  markOverlaps(items)
  const out = splitLines(excluded).map(({ text: item, line }) => parseTarget(item, line)).flatMap(item => item.span ?? [])
  const spans = subtract(union(items.flatMap(item => item.span ?? [])), union(out))
  const count = spans.reduce((sum, span) => sum + span.to - span.from + 1n, 0n)
  return {
    items, count, spans, seconds: Number(count) / RATE_PER_SECOND, large: count > LARGE,
    blocked: items.length === 0 || items.some(item => item.problem !== null && item.problem.code !== 'overlap'),
  }
}

/** One a line; commas and blanks separate too. */
export function splitLines(text: string): { text: string, line: number }[] {
  return text.split('\n').flatMap((row, line) => row.split(/[\s,;]+/).filter(Boolean).map(item => ({ text: item, line })))
}

export function parseTarget(text: string, line = 0): Target {
  const [address = '', prefix, ...rest] = text.split('/')
  const parsed = parseAddress(address)
  if (!parsed || rest.length > 0) return { text, line, span: null, problem: { code: 'invalid', text } }
  const bits = parsed.family === 4 ? 32 : 128
  if (prefix === undefined) return { text, line, span: { family: parsed.family, from: parsed.value, to: parsed.value }, problem: null }
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1
  if (length < 0 || length > bits) {
    return { text, line, span: null, problem: { code: 'prefix', text, max: bits, suggestion: `${address}/${bits === 32 ? 24 : 64}` } }
  }
  const size = 1n << BigInt(bits - length)
  const from = parsed.value - (parsed.value % size)
  const span = hosts({ family: parsed.family, from, to: from + size - 1n }, length)
  if (from !== parsed.value) return { text, line, span, problem: { code: 'host_bits', text, suggestion: `${formatAddress(from, parsed.family)}/${length}` } }
  return { text, line, span, problem: null }
}

/** Network and broadcast address of an IPv4 network are never asked. */
function hosts(span: Span, length: number): Span {
  return span.family === 4 && length <= 30 ? { ...span, from: span.from + 1n, to: span.to - 1n } : span
}

export function parseAddress(text: string): { family: 4 | 6, value: bigint } | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const parts = text.split('.').map(Number)
    if (parts.some(part => part > 255)) return null
    return { family: 4, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) }
  }
  return parseV6(text)
}

function parseV6(text: string): { family: 6, value: bigint } | null {
  if (!/^[0-9a-f:]+$/i.test(text) || !text.includes(':')) return null
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head, tail] = halves.map(half => (half === '' ? [] : half.split(':'))) as [string[], string[] | undefined]
  const known = head.length + (tail?.length ?? 0)
  if (tail === undefined ? known !== 8 : known > 7) return null
  const groups = tail === undefined ? head : [...head, ...new Array<string>(8 - known).fill('0'), ...tail]
  if (groups.some(group => !/^[0-9a-f]{1,4}$/i.test(group))) return null
  return { family: 6, value: groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n) }
}

export function formatAddress(value: bigint, family: 4 | 6): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map(shift => String((value >> shift) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, n) => ((value >> BigInt(112 - 16 * n)) & 65_535n).toString(16)).join(':')
  // RFC 5952: the longest run of two or more zero groups is shortened.
  const runs = [...groups.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((p, q) => q[0].length - p[0].length)
  const run = runs[0]?.[0]
  return run === undefined ? groups : groups.replace(run, groups.startsWith(run) ? '::' : ':').replace(/:{3,}/, '::')
}

/** The later of two overlapping lines is flagged; the first that covers it is named. */
function markOverlaps(items: Target[]) {
  items.forEach((item, n) => {
    if (!item.span || item.problem) return
    const span = item.span
    const other = items.slice(0, n).find(before => before.span && before.span.family === span.family && before.span.from <= span.to && span.from <= before.span.to)
    if (other) item.problem = { code: 'overlap', text: item.text, other: other.text }
  })
}

function union(spans: readonly Span[]): Span[] {
  const merged: Span[] = []
  for (const span of [...spans].sort(bySpan)) {
    const last = merged.at(-1)
    if (last && last.family === span.family && span.from <= last.to + 1n) last.to = span.to > last.to ? span.to : last.to
    else merged.push({ ...span })
  }
  return merged
}

function subtract(spans: readonly Span[], holes: readonly Span[]): Span[] {
  return holes.reduce((left, hole) => left.flatMap((span) => {
    if (span.family !== hole.family || hole.to < span.from || hole.from > span.to) return [span]
    const parts: Span[] = []
    if (hole.from > span.from) parts.push({ ...span, to: hole.from - 1n })
    if (hole.to < span.to) parts.push({ ...span, from: hole.to + 1n })
    return parts
  }), [...spans])
}

function bySpan(p: Span, q: Span): number {
  return p.family - q.family || (p.from < q.from ? -1 : p.from > q.from ? 1 : 0)
}

/** Which of `cells` equal parts of the range an address lies in; -1 when it is not of it. */
export function cellOf(address: string, spans: readonly Span[], cells: number): number {
  const parsed = parseAddress(address)
  if (!parsed) return -1
  const total = spans.reduce((sum, span) => sum + span.to - span.from + 1n, 0n)
  let before = 0n
  for (const span of spans) {
    if (span.family === parsed.family && parsed.value >= span.from && parsed.value <= span.to) {
      return Number(((before + parsed.value - span.from) * BigInt(cells)) / total)
    }
    before += span.to - span.from + 1n
  }
  return -1
}
