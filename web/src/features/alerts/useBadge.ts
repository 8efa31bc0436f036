import { computed, type ComputedRef } from 'vue'
import type { Badge } from '@/app/feature'
import { can } from '@/app/session'
import { useClock } from '@/ui/clock'
import { tabOf } from './lists'
import { useOpenAlerts } from './useAlerts'

/** How many alerts nobody has taken; red only when one of them is critical. */
export function useAlertBadge(): ComputedRef<Badge | null> {
  const { data } = useOpenAlerts(() => can('alerts:read'))
  const now = useClock()
  return computed(() => {
    const active = (data.value ?? []).filter(alert => tabOf(alert, now.value) === 'active')
    return active.length === 0 ? null : { count: active.length, urgent: active.some(alert => alert.severity === 'critical') }
  })
}
