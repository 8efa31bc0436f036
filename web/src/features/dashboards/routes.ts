import IconOverview from '~icons/lucide/layout-dashboard'
import type { Feature } from '@/app/feature'

export default {
  routes: [{ path: '/', component: () => import('./OverviewPage.vue'), meta: { title: 'dashboards.overview.title', needs: 'dashboards:read', time: true } }],
  nav: [{ to: '/', label: 'dashboards.overview.title', icon: IconOverview, group: 'watch', order: 10, key: 'o', phone: true, needs: 'dashboards:read' }],
} satisfies Feature
