/** Gestures on a chart as new stretches of time, ms since 1970. */
export interface Span { from: number; to: number }

/** Shorter says nothing where polling takes seconds; longer than is kept is no use (the server's 3,650 days). */
const LEAST_MS = 60_000
const MOST_MS = 3_650 * 86_400_000
/** One notch of a wheel, or one press of a key. */
export const NOTCH = 1.25

/** The stretch `factor` times as long, the moment `at` kept in its place; it never ends after `now`. */
export function zoomed(span: Span, at: number, factor: number, now: number): Span {
  const size = span.to - span.from
  const next = Math.min(MOST_MS, Math.max(LEAST_MS, size * factor))
  const share = size > 0 ? (at - span.from) / size : 0.5
  const from = at - share * next
  return within({ from, to: from + next }, now)
}

/** The same length, moved by a share of it; it never ends after `now`. */
export function panned(span: Span, share: number, now: number): Span {
  const by = (span.to - span.from) * share
  return within({ from: span.from + by, to: span.to + by }, now)
}

function within(span: Span, now: number): Span {
  const over = Math.max(0, span.to - now)
  return { from: span.from - over, to: span.to - over }
}

/** What a wheel asks for; `null` leaves the wheel to the page, so that nobody gets stuck on a chart while scrolling. */
export function wheelGesture(event: Pick<WheelEvent, 'ctrlKey' | 'metaKey' | 'shiftKey' | 'deltaX' | 'deltaY' | 'deltaMode'>): { zoom: number } | { pan: number } | null {
  const unit = event.deltaMode === 1 ? 33 : 1
  if (event.ctrlKey || event.metaKey) return { zoom: NOTCH ** Math.max(-2, Math.min(2, (event.deltaY * unit) / 100)) }
  const across = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX
  if (across === 0 || (!event.shiftKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY))) return null
  return { pan: (across * unit) / 1000 }
}
