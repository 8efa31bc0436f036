/** A field that two people changed at once, each to something else. */
export interface Conflict<K extends string = string> { key: K; mine: unknown; theirs: unknown }

const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

/**
 * Three versions of one thing: as it was when the change began (`base`), what was changed here (`mine`), and what stands
 * on the server now (`theirs`). Fields that only one side touched merge by themselves; the others are conflicts.
 */
export function mergeChanges<T extends object>(base: T, mine: Partial<T>, theirs: T): { merged: Partial<T>; conflicts: Conflict<keyof T & string>[] } {
  const merged: Partial<T> = {}
  const conflicts: Conflict<keyof T & string>[] = []
  for (const key of Object.keys(mine) as (keyof T & string)[]) {
    if (same(mine[key], theirs[key])) continue
    if (!same(base[key], theirs[key])) conflicts.push({ key, mine: mine[key], theirs: theirs[key] })
    else merged[key] = mine[key]
  }
  return { merged, conflicts }
}
