import IconKey from '~icons/lucide/lock-keyhole'
import IconDevices from '~icons/lucide/router'
import IconSite from '~icons/lucide/map-pin'
import IconTag from '~icons/lucide/tags'
import type { Feature } from '@/app/feature'
import { onDeviceEvents } from './deviceEvents'
import { findThings } from './findThings'

export default {
  routes: [
    { path: '/devices', component: () => import('./DevicesPage.vue'), meta: { title: 'devices.title', needs: 'devices:read' } },
    { path: '/devices/:id', component: () => import('./DevicePage.vue'), props: true, meta: { title: 'devices.title', needs: 'devices:read', time: true } },
    { path: '/devices/:id/ports/:port', component: () => import('./PortPage.vue'), props: true, meta: { title: 'devices.title', needs: 'devices:read', time: true } },
    { path: '/administration/sites', component: () => import('./SitesPage.vue'), meta: { title: 'devices.sites.title', needs: 'devices:read' } },
    { path: '/administration/tags', component: () => import('./TagsPage.vue'), meta: { title: 'devices.tags.title', needs: 'devices:read' } },
    { path: '/administration/credentials', component: () => import('./CredentialsPage.vue'), meta: { title: 'devices.credentials.title', needs: 'credentials:read' } },
  ],
  nav: [{ to: '/devices', label: 'app.nav.place.devices', icon: IconDevices, group: 'watch', order: 40, key: 'd', phone: true, needs: 'devices:read' }],
  admin: [
    { to: '/administration/credentials', label: 'devices.credentials.title', hint: 'devices.credentials.hint', icon: IconKey, order: 50, needs: 'credentials:read' },
    { to: '/administration/sites', label: 'devices.sites.title', hint: 'devices.sites.hint', icon: IconSite, order: 60, needs: 'devices:read' },
    { to: '/administration/tags', label: 'devices.tags.title', hint: 'devices.tags.hint', icon: IconTag, order: 70, needs: 'devices:read' },
  ],
  find: findThings,
  onEvents: onDeviceEvents,
} satisfies Feature
