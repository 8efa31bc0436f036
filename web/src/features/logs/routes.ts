import IconLogs from '~icons/lucide/logs'
import type { Feature } from '@/app/feature'

export default {
  routes: [{ path: '/logs', component: () => import('./LogsPage.vue'), meta: { title: 'logs.title', needs: 'logs:read', time: true } }],
  nav: [{ to: '/logs', label: 'app.nav.place.logs', icon: IconLogs, group: 'platform', order: 20, key: 'l', needs: 'logs:read' }],
} satisfies Feature
