/**
 * Short names for the map: what all devices of a site or a building have in front is said by the box around them
 * already (`lil-b3-dist-1` stands as `dist-1` in Building 3 of Lille). `groups` are looked at in order, outer first.
 */
export function shortLabels(names: readonly string[], groups: readonly ArrayLike<number>[]): string[] {
  const labels = names.map(withoutDomain)
  for (const group of groups) {
    const members = new Map<number, number[]>()
    labels.forEach((_, i) => {
      const key = group[i]!
      const list = members.get(key)
      if (list) list.push(i)
      else members.set(key, [i])
    })
    for (const [key, list] of members) if (key >= 0 && list.length >= 3) dropCommonPart(labels, list)
  }
  return labels
}

const IPV4 = /^\d+\.\d+\.\d+\.\d+$/

function withoutDomain(name: string): string {
  return IPV4.test(name) || name.includes(':') ? name : name.split('.')[0]!
}

/** Drops the first part where nearly all of the group share it and something telling is left. */
function dropCommonPart(labels: string[], list: number[]) {
  const counts = new Map<string, number>()
  for (const i of list) {
    const part = firstPart(labels[i]!)
    if (part) counts.set(part, (counts.get(part) ?? 0) + 1)
  }
  const [part, count] = [...counts].sort((p, q) => q[1] - p[1])[0] ?? ['', 0]
  if (count < list.length * 0.7) return
  const rests = list.map(i => (labels[i]!.startsWith(part) ? labels[i]!.slice(part.length) : labels[i]!))
  // `sw-1`, `sw-2` … would be left as bare numbers: then the part is the name, not its place.
  if (rests.some(rest => !/[a-z]/i.test(rest))) return
  list.forEach((i, n) => { labels[i] = rests[n]! })
}

function firstPart(label: string): string {
  return /^[^-_]+[-_]/.exec(label)?.[0] ?? ''
}

/** Cut to what fits in `width` pixels at about `glyph` pixels a letter. */
export function fitted(label: string, width: number, glyph = 5.5): string {
  const room = Math.max(3, Math.floor(width / glyph))
  return label.length <= room ? label : label.slice(0, room - 1) + '…'
}
