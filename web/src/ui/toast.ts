import { ref } from 'vue'
import type { ApiError } from '@/api/problem'

export interface Toast {
  id: number
  text: string
  tone: 'ok' | 'bad' | 'info'
  /** An act offered with it: undo, retry, open. */
  action?: { label: string; run: () => void }
}

const SHOWN_AT_ONCE = 3
let next = 1

/** What is shown now, oldest first. */
export const toasts = ref<Toast[]>([])

/** Says what was done, bottom right: 6 s, errors until they are closed. */
export function toast(text: string, options: Partial<Omit<Toast, 'id' | 'text'>> = {}): void {
  toasts.value = [...toasts.value, { tone: 'ok' as const, ...options, id: next++, text }].slice(-SHOWN_AT_ONCE)
}

/** Says that an act failed, with the server's words. */
export function toastError(text: string, error: ApiError, retry?: { label: string; run: () => void }): void {
  toast(`${text}: ${error.problem.detail ?? error.problem.title}`, { tone: 'bad', action: retry })
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((entry) => entry.id !== id)
}
