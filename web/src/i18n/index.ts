import { createI18n } from 'vue-i18n'
import en from './en'

/** The languages the interface speaks; the API's public text stays English and is translated by code. */
export const locales = ['en', 'fr'] as const
export type Locale = (typeof locales)[number]
export type Messages = typeof en & Partial<typeof import('./en/pages').default>

/** French counts 0 and 1 as singular; English only 1. Messages are written `one | many`. */
const plural = (locale: Locale) => {
  const rules = new Intl.PluralRules(locale)
  return (count: number, choices: number) => (choices < 2 || rules.select(Math.abs(count)) === 'one' ? 0 : 1)
}

export const i18n = createI18n({
  legacy: false,
  locale: 'en' as Locale,
  fallbackLocale: 'en' as Locale,
  messages: { en } as Record<Locale, Messages>,
  pluralRules: { en: plural('en'), fr: plural('fr') },
  missingWarn: import.meta.env.DEV,
  fallbackWarn: import.meta.env.DEV,
})

/** Translates outside components (toasts, document titles, error words). */
export const t = i18n.global.t

export function isLocale(value: unknown): value is Locale {
  return locales.includes(value as Locale)
}

const shell: Record<Locale, () => Promise<{ default: object }>> = { en: () => Promise.resolve({ default: en }), fr: () => import('./fr') }
const pages: Record<Locale, () => Promise<{ default: object }>> = { en: () => import('./en/pages'), fr: () => import('./fr/pages') }
const loaded = new Set<string>(['en shell'])
let wantsPages = false

async function load(locale: Locale, part: 'shell' | 'pages'): Promise<void> {
  if (loaded.has(`${locale} ${part}`)) return
  const messages = (await (part === 'shell' ? shell : pages)[locale]()).default
  i18n.global.mergeLocaleMessage(locale, messages)
  loaded.add(`${locale} ${part}`)
}

/** Loads what the pages beside the overview say, in the language of the moment; from then on in every language chosen. */
export async function loadPages(): Promise<void> {
  wantsPages = true
  await load(i18n.global.locale.value as Locale, 'pages')
}

/** Loads the messages of `locale` when they are not there yet and switches the page to it. */
export async function setLocale(locale: Locale): Promise<void> {
  await Promise.all([load(locale, 'shell'), wantsPages ? load(locale, 'pages') : null])
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
}

/** True when `key` has a text: for words that follow an API code which may be newer than this page. */
export function hasText(key: string): boolean {
  return i18n.global.te(key) || i18n.global.te(key, 'en')
}

/** Text of `key`, or `fallback` (the server's own words) when the page does not know the code. */
export function textOr(key: string, fallback: string): string {
  return hasText(key) ? t(key) : fallback
}
