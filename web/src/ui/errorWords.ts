import type { ApiError } from '@/api/problem'
import { t, textOr } from '@/i18n'

export interface ErrorWords { title: string; detail: string | null; cause: string | null; solution: string | null }

/** What a refusal says to the reader: our words by code where we have them, else the server's. */
export function errorWords(error: ApiError): ErrorWords {
  const { code, title, detail, cause, solution, errors } = error.problem
  const fields = errors?.length ? errors.map((e) => e.message).join('; ') : null
  return {
    title: textOr(`ui.error.${code}.title`, title),
    detail: textOr(`ui.error.${code}.text`, '') || fields || detail || null,
    cause: cause ?? null,
    solution: solution ?? (textOr(`ui.error.${code}.solution`, '') || null),
  }
}

/** One line for a toast or a form. */
export function errorLine(error: ApiError): string {
  const words = errorWords(error)
  return [words.detail ?? words.title, words.solution].filter(Boolean).join(' – ')
}

/** What a person without the permission is told. */
export function forbiddenWords(permission: string): string {
  return t('ui.error.permission_denied.ask', { permission })
}
