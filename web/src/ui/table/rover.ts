import { nextTick, ref, type Ref } from 'vue'

export interface RoverOptions {
  count: () => number
  /** Rows that fit in sight, for page up and down. */
  pageSize: () => number
  scrollTo: (index: number) => void
  root: Ref<HTMLElement | null>
  open: (index: number) => void
  toggle?: (index: number, range: boolean) => void
  /** The acts of a row, asked for by `.`. */
  menu?: (index: number, row: HTMLElement) => void
}

/** One row of the table holds the tab stop; arrows, j and k carry it. */
export function useRover(options: RoverOptions) {
  const current = ref(0)

  async function focus(index: number): Promise<void> {
    const last = options.count() - 1
    if (last < 0) return
    current.value = Math.min(last, Math.max(0, index))
    options.scrollTo(current.value)
    for (let tries = 0; tries < 3; tries++) {
      await nextTick()
      const row = options.root.value?.querySelector<HTMLElement>(`[data-index="${current.value}"]`)
      if (row) return row.focus({ preventScroll: true })
      await new Promise((done) => requestAnimationFrame(done))
    }
  }

  function onKey(event: KeyboardEvent): void {
    const inRow = event.target instanceof HTMLElement && event.target.dataset.index !== undefined
    if (event.ctrlKey || event.altKey || event.metaKey || !inRow) return
    const step = steps(event.key, current.value, options)
    if (step !== null) {
      event.preventDefault()
      void focus(step)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      options.open(current.value)
    } else if ((event.key === ' ' || event.key === 'x') && options.toggle) {
      event.preventDefault()
      options.toggle(current.value, event.shiftKey)
    } else if (event.key === '.' && options.menu) {
      event.preventDefault()
      options.menu(current.value, event.target as HTMLElement)
    }
  }

  return { current, focus, onKey }
}

function steps(key: string, at: number, { count, pageSize }: RoverOptions): number | null {
  switch (key) {
    case 'ArrowDown': case 'j': return at + 1
    case 'ArrowUp': case 'k': return at - 1
    case 'PageDown': return at + pageSize()
    case 'PageUp': return at - pageSize()
    case 'Home': return 0
    case 'End': return count() - 1
    default: return null
  }
}
