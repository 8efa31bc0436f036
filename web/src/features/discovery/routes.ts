import IconRadar from '~icons/lucide/radar'
import type { Feature } from '@/app/feature'

export default {
  routes: [
    { path: '/discovery', component: () => import('./DiscoveriesPage.vue'), meta: { title: 'discovery.title', needs: 'topology:read' } },
    { path: '/discovery/new', component: () => import('./NewDiscoveryPage.vue'), meta: { title: 'discovery.new', needs: 'topology:write' } },
    { path: '/discovery/:id', component: () => import('./DiscoveryPage.vue'), meta: { title: 'discovery.title', needs: 'topology:read' } },
    { path: '/discovery/:id/edit', component: () => import('./NewDiscoveryPage.vue'), meta: { title: 'discovery.act.edit', needs: 'topology:write' } },
  ],
  nav: [{ to: '/discovery', label: 'app.nav.place.discovery', icon: IconRadar, group: 'manage', order: 10, needs: 'topology:read' }],
} satisfies Feature
