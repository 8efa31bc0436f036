import IconKey from '~icons/lucide/key-round'
import IconSettings from '~icons/lucide/settings'
import IconShield from '~icons/lucide/shield-check'
import IconProfile from '~icons/lucide/user-cog'
import IconUsers from '~icons/lucide/users'
import type { Feature } from '@/app/feature'

const feature: Feature = {
  routes: [
    { path: '/sign-in', component: () => import('./SignInPage.vue'), meta: { open: true, title: 'identity.signIn.title' } },
    { path: '/welcome', component: () => import('./WelcomePage.vue'), meta: { open: true, title: 'identity.welcome.title' } },
    { path: '/administration', component: () => import('./AdministrationPage.vue'), meta: { title: 'app.admin.title' } },
    { path: '/administration/users', component: () => import('./UsersPage.vue'), meta: { title: 'identity.users.title', needs: 'users:read' } },
    { path: '/administration/roles', component: () => import('./RolesPage.vue'), meta: { title: 'identity.roles.title', needs: 'users:read' } },
    { path: '/administration/api-keys', component: () => import('./ApiKeysPage.vue'), meta: { title: 'identity.keys.title', needs: 'api_keys:read' } },
    { path: '/administration/profile', component: () => import('./ProfilePage.vue'), meta: { title: 'identity.profile.title' } },
  ],
  nav: [{ to: '/administration', label: 'app.nav.administration', icon: IconSettings, group: 'manage', order: 90 }],
  admin: [
    { to: '/administration/users', label: 'identity.users.title', hint: 'identity.users.hint', icon: IconUsers, order: 10, needs: 'users:read' },
    { to: '/administration/roles', label: 'identity.roles.title', hint: 'identity.roles.hint', icon: IconShield, order: 20, needs: 'users:read' },
    { to: '/administration/api-keys', label: 'identity.keys.title', hint: 'identity.keys.hint', icon: IconKey, order: 30, needs: 'api_keys:read' },
    { to: '/administration/profile', label: 'identity.profile.title', hint: 'identity.profile.hint', icon: IconProfile, order: 40 },
  ],
}
export default feature
