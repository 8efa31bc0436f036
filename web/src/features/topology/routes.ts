import IconNetwork from '~icons/lucide/network'
import type { Feature } from '@/app/feature'

export default {
  routes: [{ path: '/map', component: () => import('./MapPage.vue'), meta: { title: 'topology.title', needs: 'topology:read', full: true } }],
  nav: [{ to: '/map', label: 'app.nav.place.map', icon: IconNetwork, group: 'watch', order: 30, key: 'm', phone: true, needs: 'topology:read' }],
} satisfies Feature
