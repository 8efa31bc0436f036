import { t } from '@/i18n'
import { toast } from './toast'

/** Puts text on the clipboard and says so; without a secure page the old way is used. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const box = document.createElement('textarea')
    box.value = text
    document.body.append(box)
    box.select()
    document.execCommand('copy')
    box.remove()
  }
  toast(t('ui.copied'), { tone: 'info' })
}
