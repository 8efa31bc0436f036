/** What Vigie asks of a password: length. */
export const MIN_LENGTH = 12

/** 0 too short, 1 enough, 2 good, 3 strong; length is what counts, a repeated character does not. */
export function strength(password: string): 0 | 1 | 2 | 3 {
  const length = password.replace(/(.)\1{2,}/g, '$1$1').length
  if (password.length < MIN_LENGTH || length < 8) return 0
  if (length >= 20) return 3
  return length >= 16 ? 2 : 1
}
