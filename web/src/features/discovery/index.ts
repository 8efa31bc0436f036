import { defineAsyncComponent } from 'vue'
import { loadPages } from '@/i18n'

export { discoveryKeys, useSuggestions } from './useDiscoveries'

/** For pages that come before the words of this feature: they are loaded with it. */
export const HostNetworks = defineAsyncComponent(async () => {
  await loadPages()
  return import('./HostNetworks.vue')
})
