/** The seven shapes of UI.md §2; whatever colour says, the shape says too. */
export type Mark = 'ok' | 'warn' | 'bad' | 'unknown' | 'behind' | 'off' | 'info'

const marks: Record<string, Mark> = {
  // devices
  up: 'ok', degraded: 'warn', down: 'bad', unreachable: 'behind', pending: 'unknown', unmonitored: 'off', decommissioned: 'off',
  // services and checks
  healthy: 'ok', unhealthy: 'bad', not_configured: 'off', ok: 'ok', failing: 'bad', stale: 'warn', timeout: 'bad', error: 'bad',
  // alerts
  critical: 'bad', warning: 'warn', info: 'info', resolved: 'ok', suppressed: 'behind', silenced: 'off', acknowledged: 'info', active: 'warn',
  // severities of log lines
  emergency: 'bad', alert: 'bad', notice: 'info', informational: 'off', debug: 'off',
  // jobs and runs
  queued: 'unknown', running: 'info', succeeded: 'ok', failed: 'bad', cancelled: 'off', success: 'ok', failure: 'bad', sent: 'ok',
  // ports (IF-MIB ifOperStatus; both spellings of the wire)
  dormant: 'warn', testing: 'warn', not_present: 'off', notPresent: 'off', notpresent: 'off', lower_layer_down: 'behind', lowerLayerDown: 'behind',
  // access
  no_answer: 'bad', refused: 'bad', wrong_credentials: 'bad', wrong_privacy_key: 'bad', authorization_denied: 'bad', unsupported: 'warn',
}

/** The shape of any status word of the API; a word this page does not know is a diamond. */
export function markOf(status: string | null | undefined): Mark {
  return (status && marks[status]) || 'unknown'
}

/** Step 0–4 of the utilisation scale: < 10, < 40, < 70, < 90, ≥ 90 %. */
export function utilStep(ratio: number): 0 | 1 | 2 | 3 | 4 {
  if (ratio >= 0.9) return 4
  if (ratio >= 0.7) return 3
  if (ratio >= 0.4) return 2
  return ratio >= 0.1 ? 1 : 0
}

/** Colour token of a utilisation. */
export function utilColor(ratio: number | null | undefined): string {
  return ratio === null || ratio === undefined ? 'var(--off)' : `var(--util-${utilStep(ratio)})`
}
