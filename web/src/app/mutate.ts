import { asApiError } from '@/api/problem'
import { toast, toastError } from '@/ui/toast'
import { t } from '@/i18n'

/** Runs an act of the user and says how it ended; a failure offers to try again with the same intent. */
export async function runAct<T>(act: () => Promise<T>, words: { done?: string; failed: string }): Promise<T | undefined> {
  try {
    const result = await act()
    if (words.done) toast(words.done)
    return result
  } catch (error) {
    toastError(words.failed, asApiError(error), { label: t('ui.retry'), run: () => void runAct(act, words) })
    return undefined
  }
}
