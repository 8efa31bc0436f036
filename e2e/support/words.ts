import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './place.ts'

export type Locale = 'en' | 'fr'

/** The application's own messages: tests find things by what a person reads, in either language. */
export function words(locale: Locale): (key: string, values?: Record<string, string | number>) => string {
  const folder = join(root, 'web', 'src', 'i18n', locale)
  const messages: Record<string, unknown> = {}
  for (const file of readdirSync(folder).filter(name => name.endsWith('.json'))) {
    messages[file.replace('.json', '')] = JSON.parse(readFileSync(join(folder, file), 'utf8'))
  }
  return (key, values = {}) => {
    const text = key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], messages)
    if (typeof text !== 'string') throw new Error(`no message ${key} in ${locale}`)
    return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? `{${name}}`))
  }
}

/** A pattern of a message whose values are not known: `pattern(t('devices.tab.ports'))`. */
export function pattern(text: string): RegExp {
  const plain = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(text.split(' | ').map(form => form.split(/\{\w+\}/).map(plain).join('.*')).join('|'))
}
