import { onScopeDispose, ref, type Ref } from 'vue'

const now = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The time of the page in ms since 1970: one timer for every age that ticks. */
export function useClock(): Ref<number> {
  if (users++ === 0) {
    now.value = Date.now()
    timer = setInterval(() => { now.value = Date.now() }, 1000)
  }
  onScopeDispose(() => { if (--users === 0) clearInterval(timer) })
  return now
}
