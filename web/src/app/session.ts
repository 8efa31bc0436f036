import { computed, shallowRef } from 'vue'
import { api, onUnauthenticated, setCsrfToken, unwrap } from '@/api/client'
import type { Me, User } from '@/api/models'
import { ApiError } from '@/api/problem'
import { queryClient } from './query'

const me = shallowRef<Me | null>(null)
let asked: Promise<Me | null> | null = null
const listeners = new Set<() => void>()

/** Who is signed in; `null` before the first answer and when nobody is. */
export const session = {
  me,
  user: computed<User | null>(() => me.value?.user ?? null),
  signedIn: computed(() => me.value !== null),
}

function keep(next: Me | null): Me | null {
  me.value = next
  setCsrfToken(next?.csrf_token ?? null)
  return next
}

/** Asks once who is signed in; later calls share the answer. Network errors are thrown, 401 is `null`. */
export function loadSession(again = false): Promise<Me | null> {
  if (asked && !again) return asked
  asked = unwrap<Me>(api.GET('/api/v1/auth/me')).then(keep, (error: unknown) => {
    asked = null
    if (error instanceof ApiError && error.status === 401) return keep(null)
    throw error
  })
  return asked
}

/** Signs in and loads the rights of the user. */
export async function signIn(username: string, password: string): Promise<Me | null> {
  const answer = await unwrap<{ user: User; csrf_token: string }>(api.POST('/api/v1/auth/login', { body: { username, password } }))
  setCsrfToken(answer.csrf_token)
  queryClient.clear()
  return loadSession(true)
}

/** Ends the session on the server and forgets everything it had shown. */
export async function signOut(): Promise<void> {
  await unwrap(api.POST('/api/v1/auth/logout')).catch(() => undefined)
  forget()
}

/** Forgets the session and its data without asking the server. */
export function forget(): void {
  asked = null
  keep(null)
  queryClient.clear()
  for (const listener of listeners) listener()
}

/** Called whenever the session ends, by the user or by the server. */
export function onSignedOut(listener: () => void): void {
  listeners.add(listener)
}

onUnauthenticated(() => {
  if (me.value) forget()
})

/** Does a set of grants cover `area:verb`? Either half of a grant may be `*`. */
export function grants(granted: readonly string[], permission: string): boolean {
  const [area, verb] = permission.split(':')
  return granted.some((grant) => {
    const [a, v = '*'] = grant.split(':')
    return (a === '*' || a === area) && (v === '*' || v === verb)
  })
}

/** Is the grant without limits of sites, groups or realms? What belongs to no device needs that. */
export function isUnlimited(): boolean {
  return me.value !== null && me.value.scope === null
}

/** May the user do this? The server decides anyway: this only keeps acts away that nobody in the role could do. */
export function can(permission: string): boolean {
  return grants(me.value?.permissions ?? [], permission)
}
