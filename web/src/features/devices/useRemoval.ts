import { useQuery } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter, type Ref } from 'vue'
import { api, unwrap } from '@/api/client'
import type { AuditEntry, Id, Page } from '@/api/models'
import { can } from '@/app/session'

/** The audit entry that tells who took a device away; asked once it is known to be gone. */
export function useRemoval(id: MaybeRefOrGetter<Id>, gone: Ref<boolean>) {
  return useQuery({
    queryKey: computed(() => ['audit', 'removal', toValue(id)]), enabled: () => gone.value && can('audit:read'), retry: false, placeholderData: undefined,
    queryFn: async ({ signal }) => {
      const page = await unwrap<Page<AuditEntry>>(api.GET('/api/v1/audit', { params: { query: { resource_id: toValue(id), ordering: '-at', page_size: 5 } }, signal }))
      return page.results.find((entry) => /delete|remove/.test(entry.action)) ?? null
    },
  })
}
