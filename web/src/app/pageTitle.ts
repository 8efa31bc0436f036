import { ref, toValue, watchEffect, type MaybeRefOrGetter } from 'vue'
import type { Mark } from '@/ui/status'

const glyphs: Partial<Record<Mark, string>> = { bad: '✕ ', warn: '▲ ', behind: '✕ ', unknown: '◆ ' }
/** The title of the page now, without mark and product. */
export const pageTitle = ref('')

/** Names the document after the thing it shows: `✕ lyo-b2-acc-2 · Vigie`. */
export function usePageTitle(title: MaybeRefOrGetter<string>, mark: MaybeRefOrGetter<Mark | undefined> = undefined): void {
  watchEffect(() => {
    pageTitle.value = toValue(title)
    const sign = toValue(mark)
    document.title = `${(sign && glyphs[sign]) ?? ''}${toValue(title)} · Vigie`
  })
}
