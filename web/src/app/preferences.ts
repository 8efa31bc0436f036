import { ref, watch } from 'vue'
import { isLocale, setLocale, type Locale } from '@/i18n'

const read = (key: string) => localStorage.getItem(`vigie.${key}`)

function stored(key: string, initial: boolean) {
  const value = ref(read(key) === null ? initial : read(key) === 'true')
  watch(value, (now) => localStorage.setItem(`vigie.${key}`, String(now)))
  return value
}

/** Side bar as icons only. */
export const navFolded = stored('nav.folded', false)
/** Keys of one letter may be switched off (WCAG 2.1.4). */
export const singleKeys = stored('keys.single', true)

/** The language of this browser's user: chosen before, else that of the account, else that of the browser. */
export function preferredLocale(account?: string | null): Locale {
  const candidates = [read('locale'), account, ...navigator.languages.map((l) => l.slice(0, 2))]
  return candidates.find(isLocale) ?? 'en'
}

export async function chooseLocale(locale: Locale): Promise<void> {
  localStorage.setItem('vigie.locale', locale)
  await setLocale(locale)
}
