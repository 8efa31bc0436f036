import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useQueryList, useQueryText } from '@/app/urlState'
import { textOr } from '@/i18n'
import type { AlertFilters } from './lists'
import { useSiteNames } from '@/features/devices'
import { rules } from './useAlerts'

/** The filters of the page, kept in the address, and the chips that show them. */
export function useAlertFilters() {
  const { t } = useI18n()
  const severity = useQueryList('severity')
  const site = useQueryList('site')
  const rule = useQueryList('rule')
  const device = useQueryText('device')
  const text = useQueryText('q')
  const { nameOf } = useSiteNames()
  const { data: ruleList } = rules.useAll()

  const filters = computed<AlertFilters>({
    get: () => ({ severity: severity.value, site: site.value, rule: rule.value, device: device.value, text: text.value }),
    set: (next) => {
      severity.value = next.severity
      site.value = next.site
      rule.value = next.rule
      device.value = next.device
      text.value = next.text
    },
  })
  const chips = computed(() => [
    ...severity.value.map(value => ({ key: `severity:${value}`, label: t('alerts.filter.severity'), value: textOr(`alerts.severity.${value}`, value) })),
    ...site.value.map(value => ({ key: `site:${value}`, label: t('alerts.filter.site'), value: nameOf(value) ?? value })),
    ...rule.value.map(value => ({ key: `rule:${value}`, label: t('alerts.filter.rule'), value: ruleList.value?.find(entry => entry.id === value)?.name ?? value })),
    ...(device.value ? [{ key: 'device:', label: t('alerts.filter.device'), value: device.value.slice(0, 8) }] : []),
    ...(text.value ? [{ key: 'text:', label: t('alerts.filter.text'), value: text.value }] : []),
  ])

  function removeChip(key: string) {
    const [kind = '', value = ''] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)]
    const now = filters.value
    if (kind === 'device' || kind === 'text') filters.value = { ...now, [kind]: '' }
    else filters.value = { ...now, [kind]: now[kind as 'severity' | 'site' | 'rule'].filter(entry => entry !== value) }
  }
  const clear = () => { filters.value = { severity: [], site: [], rule: [], device: '', text: '' } }
  /** As the list of the API takes them. */
  const serverFilters = computed<Record<string, string>>(() => ({
    severity__in: severity.value.join(','), site_id__in: site.value.join(','), rule_id__in: rule.value.join(','), device_id: device.value,
  }))
  return { filters, chips, removeChip, clear, serverFilters }
}
