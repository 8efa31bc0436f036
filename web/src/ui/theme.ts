import { computed, ref } from 'vue'

export const themes = ['dark', 'light', 'system'] as const
export type Theme = (typeof themes)[number]

const KEY = 'vigie.theme'
const prefersLight = window.matchMedia?.('(prefers-color-scheme: light)')
const systemLight = ref(prefersLight?.matches ?? false)
prefersLight?.addEventListener?.('change', (event) => { systemLight.value = event.matches; paint() })

const stored = localStorage.getItem(KEY) as Theme | null
/** What the user chose. */
export const theme = ref<Theme>(stored && themes.includes(stored) ? stored : 'dark')
/** What is shown: canvases read their colours again when it changes. */
export const shownTheme = computed<'dark' | 'light'>(() => (theme.value === 'system' ? (systemLight.value ? 'light' : 'dark') : theme.value))

function paint() {
  document.documentElement.dataset.theme = shownTheme.value
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', token('--bg'))
}

export function setTheme(next: Theme): void {
  theme.value = next
  localStorage.setItem(KEY, next)
  paint()
}

/** Applies the stored choice; called once before the first picture. */
export function startTheme(): void {
  paint()
  // Paper is white: print in light, then come back.
  window.addEventListener('beforeprint', () => { document.documentElement.dataset.theme = 'light' })
  window.addEventListener('afterprint', paint)
}

/** Value of a colour token now. Canvases do not resolve `var(…)`. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
