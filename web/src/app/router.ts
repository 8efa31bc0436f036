import { nextTick, shallowRef } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import { loadPages, setLocale } from '@/i18n'
import { wantTitleFocus } from '@/ui/titleFocus'
import { features } from './features'
import { live } from './live'
import { pageTitle } from './pageTitle'
import { preferredLocale } from './preferences'
import { remember } from './recent'
import { loadSession, onSignedOut } from './session'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    ...features.flatMap((f) => f.routes),
    // Every part in its states; the finished application does not carry it.
    ...(import.meta.env.DEV ? [{ path: '/dev/parts', component: () => import('../dev/PartsPage.vue'), meta: { open: true } }] : []),
    { path: '/:rest(.*)*', component: () => import('./NotFoundPage.vue'), meta: { title: 'app.notFound.title' } },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})

/** Set while the server cannot say who is signed in. */
export const startError = shallowRef<unknown>(null)
let wanted = '/'

/** Asks again; the page that was wanted opens as soon as the server answers. */
export function retryStart(): Promise<unknown> {
  return router.replace(wanted)
}

router.beforeEach(async (to) => {
  if (to.meta.open) return true
  wanted = to.fullPath
  try {
    const me = await loadSession()
    startError.value = null
    if (!me) return { path: '/sign-in', query: to.fullPath === '/' ? {} : { return_to: to.fullPath } }
    if (me.user?.must_change_password) return { path: '/welcome' }
    await setLocale(preferredLocale(me.user?.language))
    return true
  } catch (error) {
    startError.value = error
    return false
  }
})

// The overview comes up with the words of the shell alone.
router.beforeResolve(async (to) => { if (to.path !== '/') await loadPages() })

router.afterEach(async (to, from, failure) => {
  if (failure || to.path === from.path || from.matched.length === 0) return
  pageTitle.value = ''
  await nextTick()
  // Whoever does not see the page hears its title first.
  wantTitleFocus()
})

// The place left is remembered under the name it had at the end: names load later than pages.
router.beforeEach((to, from) => {
  if (from.matched.length && !from.meta.open && to.path !== from.path) remember(from.path, pageTitle.value || document.title.replace(/ · Vigie$/, ''))
})

onSignedOut(() => {
  live.stop()
  const { meta, fullPath } = router.currentRoute.value
  if (!meta.open) void router.push({ path: '/sign-in', query: { return_to: fullPath } })
})
live.onSignedOut = () => void loadSession(true).then((me) => { if (me) live.retryNow() }, () => live.retryNow())
