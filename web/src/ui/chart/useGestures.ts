import { computed, onScopeDispose, ref, watch } from 'vue'
import { NOTCH, panned, wheelGesture, zoomed, type Span } from './zoom'

/** A gesture is over when nothing moves for this long: then the page is told, once. */
const SETTLED_MS = 250

interface Settings {
  /** What is shown where no gesture is under way, ms since 1970. */
  view: () => Span | null
  range: () => Span | null
  /** Draws again. */
  moved: () => void
  /** Hears the end of a gesture; without it there are none. */
  settled?: (span: Span) => void
}

/** Zoom and pan of a chart: the picture follows at once, the page when the gesture is over. */
export function useGestures(settings: Settings) {
  const own = ref<Span | null>(null)
  const view = computed(() => own.value ?? settings.view())
  let timer: ReturnType<typeof setTimeout> | undefined
  let told = false

  function move(next: (span: Span) => Span) {
    if (!view.value) return
    told = false
    own.value = next(view.value)
    settings.moved()
    clearTimeout(timer)
    timer = setTimeout(() => {
      told = true
      if (own.value) settings.settled?.(own.value)
    }, SETTLED_MS)
  }
  // The page took the stretch over, or kept its own: either way it is the page's again.
  watch(settings.range, () => {
    if (!told) return
    told = false
    own.value = null
  })
  onScopeDispose(() => clearTimeout(timer))

  return {
    view,
    /** A wheel over the chart, its pointer over the moment `at`; what is not ours scrolls the page. */
    wheel(event: WheelEvent, at: number) {
      const gesture = settings.settled && wheelGesture(event)
      if (!gesture) return
      event.preventDefault()
      move((span) => ('zoom' in gesture ? zoomed(span, at, gesture.zoom, Date.now()) : panned(span, gesture.pan, Date.now())))
    },
    /** Notches out (positive) or in, around a moment. */
    zoomBy(notches: number, at: number) {
      move((span) => zoomed(span, at, NOTCH ** (notches * 2), Date.now()))
    },
  }
}
