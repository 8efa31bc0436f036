const AT_ONCE = 4
let running = 0
const waiting: (() => void)[] = []

/** Runs small requests a few at a time, so that a page of rows does not ask for all of them at once. */
export async function inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((start) => waiting.push(start))
  running++
  try {
    signal.throwIfAborted()
    return await work()
  } finally {
    running--
    waiting.shift()?.()
  }
}
