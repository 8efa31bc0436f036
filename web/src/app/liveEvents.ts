import { useQueryClient } from '@tanstack/vue-query'
import type { EventRecord } from '@/api/models'
import { features } from './features'
import { useLive } from './useLive'

/** Hands the events of the server to every feature, so that what is cached stays true. Called once, by the shell. */
export function useLiveEvents(): void {
  const client = useQueryClient()
  useLive('events', {}, (frames) => {
    if (frames.some((f) => f.type === 'gap')) void client.invalidateQueries()
    const events = frames.filter((f) => f.type === 'event').map((f) => f.data as EventRecord)
    if (events.length) for (const feature of features) feature.onEvents?.(events, client)
  })
}
