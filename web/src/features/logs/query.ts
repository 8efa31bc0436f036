/** The severities by their names in the API, the worst first (RFC 5424, section 6.2.1). */
export const severities = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug'] as const

/** Values that would mean something else without quotes, or nothing. */
const needsQuotes = /^$|[\s"():\[\]{}*\\]|^(AND|OR|NOT|TO)$|^[-!<>]/
/** Words that would bind to what is added. */
const binds = /\b(OR|NOT)\b|\|\|/

/** `field:value` as the language of searches takes it. */
export function term(field: string, value: string): string {
  return `${field}:${needsQuotes.test(value) ? `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : value}`
}

/** A search with one more condition; one that stands there already is not added. */
export function narrowed(search: string, condition: string): string {
  const before = search.trim()
  if (before === '' || before === condition) return condition
  if (binds.test(before)) return `(${before}) ${condition}`
  return before.endsWith(` ${condition}`) ? before : `${before} ${condition}`
}

/** What is typed and the least severity that is chosen, as one search. */
export function searchOf(typed: string, severity: string): string {
  return severity ? narrowed(typed, `severity:<=${severity}`) : typed.trim()
}
