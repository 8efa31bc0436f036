import './ui/base.css'
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import AppShell from './app/AppShell.vue'
import { queryClient } from './app/query'
import { router } from './app/router'
import { i18n } from './i18n'

createApp(AppShell).use(i18n).use(VueQueryPlugin, { queryClient }).use(router).mount('#app')
