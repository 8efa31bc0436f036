import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { api, unwrap } from '@/api/client'
import type { ApiKey, Id, PermissionView, Role, SessionView, User } from '@/api/models'
import { defineResource, fetchAll } from '@/app/resource'

export interface UserInput { username: string; password?: string; display_name: string | null; email: string | null; roles: string[]; disabled?: boolean; must_change_password?: boolean }
export interface RoleInput { name: string; description: string | null; permissions: string[] }
export interface ApiKeyInput { name: string; permissions: string[]; expires_at?: string | null; allowed_addresses?: string[] }

export const users = defineResource<User, UserInput>('users', 'username')
export const roles = defineResource<Role, RoleInput>('roles')
export const apiKeys = defineResource<ApiKey, ApiKeyInput>('api-keys')

/** The catalogue of permissions, `area:verb`. */
export function usePermissions() {
  return useQuery({
    queryKey: ['meta', 'permissions'], staleTime: Infinity,
    queryFn: async ({ signal }) => (await unwrap<{ results: PermissionView[] }>(api.GET('/api/v1/meta/permissions', { signal }))).results.map((p) => p.permission),
  })
}

/** Own sessions in other browsers. */
export function useSessions() {
  return useQuery({ queryKey: ['auth', 'sessions'], queryFn: ({ signal }) => fetchAll<SessionView>('/api/v1/auth/sessions', {}, signal) })
}

export function useEndSession() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (id: Id) => unwrap(api.DELETE('/api/v1/auth/sessions/{id}', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['auth', 'sessions'] }),
  })
}

export function changePassword(current: string, next: string): Promise<unknown> {
  return unwrap(api.POST('/api/v1/auth/me/password', { body: { current_password: current, new_password: next } }))
}

/** A new secret for an existing key; the old one ends. */
export function rotateKey(id: Id): Promise<ApiKey & { key: string }> {
  return unwrap<ApiKey & { key: string }>(api.POST('/api/v1/api-keys/{id}/rotate', { params: { path: { id } } }))
}
