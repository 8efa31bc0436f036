import { computed, type WritableComputedRef } from 'vue'
import { useQueryList, useQueryText } from '@/app/urlState'
import type { Colouring } from './scene'

export type Mode = 'tiers' | 'sites' | 'free'
const MODES: readonly string[] = ['tiers', 'sites', 'free']
const COLOURINGS: readonly string[] = ['use', 'errors', 'speed', 'evidence']

/** What is picked: a device or a link, by id. */
export interface Selection { kind: 'node' | 'link', id: string }

/** All of the map that lives in the address: mode, colours, camera, selection, filters, what is put in the light. */
export function useMapState() {
  const select = useQueryText('sel')
  const show = useQueryText('show')
  const selection = computed<Selection | null>({
    get: (): Selection | null => {
      const [kind, ...id] = select.value.split(':')
      return (kind === 'node' || kind === 'link') && id.length > 0 ? { kind, id: id.join(':') } : null
    },
    set: (value: Selection | null) => {
      select.value = value ? `${value.kind}:${value.id}` : ''
      // Impact and path are of what was picked before.
      if (show.value !== 'spof') show.value = ''
    },
  })
  return {
    mode: oneOf(useQueryText('mode', 'tiers'), MODES) as WritableComputedRef<Mode>,
    colouring: oneOf(useQueryText('colour', 'use'), COLOURINGS) as WritableComputedRef<Colouring>,
    view: useQueryText('view', 'map', true),
    camera: useQueryText('at'),
    selection,
    /** `impact`, `path`, `path:<node id>` or `spof`; empty for none. */
    show,
    site: useQueryText('site'),
    sites: useQueryList('sites'),
    roles: useQueryList('roles'),
    problems: useQueryText('problems'),
    oneEnd: useQueryText('one_end'),
  }
}
export type MapState = ReturnType<typeof useMapState>

function oneOf(value: WritableComputedRef<string>, known: readonly string[]): WritableComputedRef<string> {
  return computed({ get: () => (known.includes(value.value) ? value.value : known[0]!), set: (next) => { value.value = next } })
}
