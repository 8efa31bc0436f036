import { useMutation } from '@tanstack/vue-query'
import { api, unwrap } from '@/api/client'
import type { Credential, CredentialInput, CredentialTest, Id, Realm, Site, Tag } from '@/api/models'
import { defineResource } from '@/app/resource'

export interface SiteInput { name: string; parent_id: Id | null; address: string | null; notes: string | null; latitude?: number | null; longitude?: number | null }
export interface TagInput { name: string; color: string | null; description: string | null }

export const sites = defineResource<Site, SiteInput>('sites')
export const tags = defineResource<Tag, TagInput>('tags')
export const realms = defineResource<Realm, { name: string; description: string | null }>('realms')
export const credentials = defineResource<Credential, CredentialInput>('credentials')

/** Tries a credential on an address; says how the device answers. */
export function useTestCredential() {
  return useMutation({
    mutationFn: ({ id, address, port }: { id: Id; address: string; port: number }) =>
      unwrap<CredentialTest>(api.POST('/api/v1/credentials/{id}/test', { params: { path: { id } }, body: { address, port } })),
  })
}

/** Sites as a tree in reading order: a building stands under its site. */
export function siteTree(list: Site[]): { site: Site; depth: number; path: string }[] {
  const children = new Map<Id | null, Site[]>()
  const ids = new Set(list.map((s) => s.id))
  for (const site of list) {
    const parent = site.parent_id && ids.has(site.parent_id) ? site.parent_id : null
    children.set(parent, [...(children.get(parent) ?? []), site])
  }
  const walk = (parent: Id | null, depth: number, path: string): { site: Site; depth: number; path: string }[] =>
    (children.get(parent) ?? []).flatMap((site) => {
      const here = path ? `${path} / ${site.name}` : site.name
      return [{ site, depth, path: here }, ...walk(site.id, depth + 1, here)]
    })
  return walk(null, 0, '')
}
