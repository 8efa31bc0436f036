import IconAudit from '~icons/lucide/scroll-text'
import type { Feature } from '@/app/feature'

export default {
  routes: [{ path: '/administration/audit', component: () => import('./AuditPage.vue'), meta: { title: 'audit.title', needs: 'audit:read' } }],
  admin: [{ to: '/administration/audit', label: 'audit.title', hint: 'audit.hint', icon: IconAudit, order: 80, needs: 'audit:read' }],
} satisfies Feature
