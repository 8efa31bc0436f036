/** Permissions by area, for a matrix that is read in rows. */
export function byArea(names: string[]): { area: string; verbs: { name: string; verb: string }[] }[] {
  const areas = new Map<string, { name: string; verb: string }[]>()
  for (const name of names) {
    const [area = name, verb = ''] = name.split(':')
    const verbs = areas.get(area) ?? []
    verbs.push({ name, verb })
    areas.set(area, verbs)
  }
  return [...areas].map(([area, verbs]) => ({ area, verbs }))
}
