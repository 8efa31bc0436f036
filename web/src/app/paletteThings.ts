import { onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { features } from './features'
import type { Thing } from './feature'

const WAIT_MS = 150

/** Asks every feature for what `text` may mean; answers come as they arrive, late ones of an older text are dropped. */
export function usePaletteThings(text: Ref<string>) {
  const things = shallowRef<Thing[]>([])
  const pending = ref(false)
  let running: AbortController | null = null
  let timer: number | undefined

  async function ask(wanted: string) {
    running?.abort()
    const mine = running = new AbortController()
    const found: Thing[][] = []
    await Promise.all(features.map(async (feature, i) => {
      found[i] = (await feature.find?.(wanted, mine.signal).catch(() => [])) ?? []
      if (!mine.signal.aborted) things.value = found.flat().filter(Boolean).slice(0, 12)
    }))
    if (!mine.signal.aborted) pending.value = false
  }

  watch(text, (wanted) => {
    window.clearTimeout(timer)
    pending.value = wanted.length > 1
    if (wanted.length > 1) timer = window.setTimeout(() => void ask(wanted), WAIT_MS)
    else things.value = []
  })
  onScopeDispose(() => { running?.abort(); window.clearTimeout(timer) })
  return { things, pending }
}
