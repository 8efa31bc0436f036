/** A key whose plain order is the natural one: `acc-2` before `acc-10`. */
export function naturalKey(text: string): string {
  return text.toLowerCase().replace(/\d+/g, digits => digits.padStart(12, '0'))
}
