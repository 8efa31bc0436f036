import type { QueryClient } from '@tanstack/vue-query'
import type { EventRecord } from '@/api/models'
import { invalidateSoon } from '@/app/throttle'

/** Jobs come and go: the list is asked again, at most every 2 s. */
export function onJobEvents(events: EventRecord[], client: QueryClient): void {
  if (events.some((e) => e.type.startsWith('job.'))) invalidateSoon(client, ['jobs'])
}
