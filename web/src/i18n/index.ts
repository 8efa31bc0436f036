import { createI18n } from 'vue-i18n'
import en from './en'

/** The languages the interface speaks; the API's public text stays English and is translated by code. */
export const locales = ['en', 'fr'] as const
export type Locale = (typeof locales)[number]
export type Messages = typeof en

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

/** Loads the messages of `locale` when they are not there yet and switches the page to it. */
export async function setLocale(locale: Locale): Promise<void> {
  if (locale === 'fr' && !i18n.global.availableLocales.includes('fr')) {
    i18n.global.setLocaleMessage('fr', (await import('./fr')).default as Messages)
  }
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
