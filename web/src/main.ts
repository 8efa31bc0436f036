import './ui/base.css'
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import AppShell from './app/AppShell.vue'
import { preferredLocale } from './app/preferences'
import { queryClient } from './app/query'
import { router } from './app/router'
import { i18n, setLocale } from './i18n'
import { startTheme } from './ui/theme'

startTheme()
await setLocale(preferredLocale())
createApp(AppShell).use(i18n).use(VueQueryPlugin, { queryClient }).use(router).mount('#app')
