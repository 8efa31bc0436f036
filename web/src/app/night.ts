const FROM = 21
const UNTIL = 7

/** Is it night where the wall screen hangs, by the clock of its browser? `at` in ms. */
export function isNight(at: number): boolean {
  const hour = new Date(at).getHours()
  return hour >= FROM || hour < UNTIL
}
