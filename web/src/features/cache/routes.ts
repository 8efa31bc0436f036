import IconCache from '~icons/lucide/database-zap'
import type { Feature } from '@/app/feature'

export default {
  routes: [{ path: '/administration/cache', component: () => import('./CachePage.vue'), meta: { title: 'cache.title', needs: 'system:read' } }],
  admin: [{ to: '/administration/cache', label: 'cache.title', hint: 'cache.hint', icon: IconCache, order: 90, needs: 'system:read' }],
} satisfies Feature
