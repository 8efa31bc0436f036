import { t } from '@/i18n'
import { resolve } from '@/app/timeWords'
import { roleText, statuses, statusText } from './words'
import type { DeviceRow } from './useDevices'

export interface FacetOption { value: string; label: string; hint?: string }

/** Names in the URL; the API's names stand in `toApi`. */
export const filterNames = ['status', 'site', 'role', 'vendor', 'os', 'tag', 'net', 'since'] as const
export type FilterName = (typeof filterNames)[number]

const toApi: Record<FilterName, string> = {
  status: 'status__in', site: 'site_id__in', role: 'role__in', vendor: 'vendor__in', os: 'os__in', tag: 'tags__in', net: 'primary_ip__cidr', since: 'updated_at__gte',
}

/** The network that a typed (part of an) address means: `10.20.` is `10.20.0.0/16`. */
export function networkOf(text: string): string | null {
  // Of IPv6 only a whole address or prefix: a beginning says nothing of its length.
  if (/^[0-9a-f:]*:[0-9a-f:]*$/i.test(text)) return text.includes('::') || text.split(':').length === 8 ? `${text}/128` : null
  if (/^[0-9a-f:]*:[0-9a-f:]*\/\d{1,3}$/i.test(text)) return text
  const match = /^(\d{1,3}(?:\.\d{1,3}){0,3})(\.?)(\/\d{1,2})?$/.exec(text)
  const parts = match?.[1]?.split('.') ?? []
  if (!match || (parts.length === 1 && !match[2]) || parts.some((p) => Number(p) > 255)) return null
  if (match[3]) return parts.length === 4 ? text : null
  return parts.length === 4 ? `${parts.join('.')}/32` : `${[...parts, '0', '0', '0'].slice(0, 4).join('.')}/${parts.length * 8}`
}

/** Choices of “changed since”. */
export const sinceChoices = ['-1h', '-24h', '-7d', '-30d'] as const
const MINUTE = 60_000

/** A relative word as a time, on whole minutes: the same list for a minute. */
function sinceTime(word: string, now: number): string {
  return new Date(Math.floor(resolve(word, now) / MINUTE) * MINUTE).toISOString()
}

/** The page's filters as the API's. */
export function apiFilters(search: string, values: Record<string, string>, now = Date.now()): Record<string, string> {
  const filters: Record<string, string> = {}
  const network = networkOf(search)
  if (network) filters.primary_ip__cidr = network
  else if (search) filters.search = search
  for (const name of filterNames) if (values[name]) filters[toApi[name]] = name === 'since' ? sinceTime(values[name], now) : values[name]
  return filters
}

/** A value of a filter as a person reads it, also when no device has it. */
export function filterWord(name: FilterName, value: string): string {
  if (name === 'status') return statusText(value)
  if (name === 'role') return roleText(value)
  return name === 'since' ? t(`devices.filter.ago.${value.slice(1)}`) : value
}

/** What can be chosen, with how many devices each would show, from the rows that are here. */
export function facetsOf(rows: DeviceRow[], siteName: (id: string) => string | null = () => null): Record<string, FacetOption[]> {
  const count = (pick: (row: DeviceRow) => [string, string][]) => {
    const found = new Map<string, { label: string; n: number }>()
    for (const row of rows) {
      for (const [value, label] of pick(row)) {
        const entry = found.get(value) ?? { label, n: 0 }
        entry.n++
        found.set(value, entry)
      }
    }
    return [...found].map(([value, { label, n }]) => ({ value, label, hint: String(n) }))
  }
  const byLabel = (list: FacetOption[]) => list.sort((a, b) => a.label.localeCompare(b.label, undefined, { numeric: true }))
  const order = (value: string) => statuses.indexOf(value as (typeof statuses)[number])
  return {
    status: count((r) => [[r.status, statusText(r.status)]]).sort((a, b) => order(a.value) - order(b.value)),
    role: byLabel(count((r) => (r.role ? [[r.role, roleText(r.role)]] : []))),
    site: byLabel(count((r) => (r.site ? [[r.site.id, siteName(r.site.id) ?? r.site.name]] : []))),
    vendor: byLabel(count((r) => (r.vendor ? [[r.vendor, r.vendor]] : []))),
    os: byLabel(count((r) => (r.os ? [[r.os, r.os]] : []))),
    tag: byLabel(count((r) => r.tags.map((tag): [string, string] => [tag, tag]))),
  }
}
