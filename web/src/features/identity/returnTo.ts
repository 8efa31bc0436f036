/** The page to open after signing in: only a path of this application, never another site. */
export function safeReturn(value: unknown): string {
  const path = typeof value === 'string' ? value : '/'
  return /^\/(?![/\\])/.test(path) && !path.startsWith('/sign-in') ? path : '/'
}
