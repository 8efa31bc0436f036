import IconJobs from '~icons/lucide/list-checks'
import type { Feature } from '@/app/feature'
import { onJobEvents } from './jobEvents'

export default {
  routes: [{ path: '/jobs', component: () => import('./JobsPage.vue'), meta: { title: 'jobs.title', needs: 'jobs:read' } }],
  nav: [{ to: '/jobs', label: 'app.nav.place.jobs', icon: IconJobs, group: 'platform', order: 70, needs: 'jobs:read' }],
  onEvents: onJobEvents,
} satisfies Feature
