import { createRouter, createWebHistory } from 'vue-router'
import { features } from './features'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    ...features.flatMap((f) => f.routes),
    { path: '/:rest(.*)*', component: () => import('./NotFoundPage.vue'), meta: { title: 'app.notFound.title' } },
  ],
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})
