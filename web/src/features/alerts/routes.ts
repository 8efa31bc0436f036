import IconBell from '~icons/lucide/bell'
import type { Feature } from '@/app/feature'
import { useAlertBadge } from './useBadge'

export default {
  routes: [
    { path: '/alerts', component: () => import('./AlertsPage.vue'), meta: { title: 'alerts.title', needs: 'alerts:read' } },
    { path: '/alerts/rules', component: () => import('./RulesPage.vue'), meta: { title: 'alerts.rules.title', needs: 'alerts:read' } },
  ],
  nav: [{ to: '/alerts', label: 'app.nav.place.alerts', icon: IconBell, group: 'watch', order: 20, key: 'a', phone: true, needs: 'alerts:read', badge: useAlertBadge }],
} satisfies Feature
