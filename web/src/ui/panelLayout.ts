/** A key of the front panel: where it lies and what is written on it. */
export interface PanelKey<T> { item: T; label: string; column: number; row: 0 | 1 }
/** Ports that stand together: one speed or slot, odd above even, in twelves. */
export interface PanelBank<T> { name: string; keys: PanelKey<T>[]; columns: number }
export interface PanelMember<T> { name: string; banks: PanelBank<T>[] }
export interface PanelLayout<T> { members: PanelMember<T>[]; physical: boolean }

/** More than this is no front panel any more: the table shows it better. */
export const MOST_PORTS = 128
const COLUMNS_PER_BANK = 6

interface Parsed<T> { item: T; prefix: string; member: string; number: number }

// `GigabitEthernet1/0/12` → prefix GigabitEthernet, path 1/0, number 12; `xe-0/0/3`, `ether5`, `Ethernet1/1` likewise.
function parse<T>(item: T, name: string): Parsed<T> | null {
  const match = /^(.*?[^\d/])?((?:\d+\/)*)(\d+)$/.exec(name.trim())
  if (!match) return null
  const path = (match[2] ?? '').replace(/\/$/, '')
  return { item, prefix: `${match[1] ?? ''}${path.split('/').slice(1).join('/')}`, member: path.split('/')[0] ?? '', number: Number(match[3]) }
}

function banksOf<T>(name: string, ports: Parsed<T>[]): PanelBank<T>[] {
  const sorted = [...ports].sort((a, b) => a.number - b.number)
  const first = sorted[0]?.number ?? 1
  const last = sorted.at(-1)?.number ?? first
  // Numbers with large holes are identifiers, not places: count them instead.
  const dense = last - first < ports.length * 2
  const rows = sorted.length > 2 ? 2 : 1
  const banks = new Map<number, PanelKey<T>[]>()
  sorted.forEach((port, i) => {
    const place = dense ? port.number - (first % 2 === 0 && rows === 2 && first !== 0 ? first - 1 : first) : i
    const column = rows === 2 ? Math.floor(place / 2) : place
    const bank = Math.floor(column / COLUMNS_PER_BANK)
    const keys = banks.get(bank) ?? []
    keys.push({ item: port.item, label: String(port.number), column: column % COLUMNS_PER_BANK, row: rows === 2 && place % 2 === 1 ? 1 : 0 })
    banks.set(bank, keys)
  })
  return [...banks].sort(([a], [b]) => a - b).map(([, keys]) => ({ name, keys, columns: Math.max(...keys.map((k) => k.column)) + 1 }))
}

/** Lays ports out as they lie on the device, as far as their names tell; else sorted by name in two rows. */
export function layoutPanel<T>(items: T[], nameOf: (item: T) => string): PanelLayout<T> {
  const parsed = items.map((item) => parse(item, nameOf(item)))
  const known = parsed.filter((p): p is Parsed<T> => p !== null)
  if (known.length === 0 || known.length < items.length * 0.6) return { members: [{ name: '', banks: byName(items, nameOf) }], physical: false }
  const members = new Map<string, Map<string, Parsed<T>[]>>()
  for (const port of known) {
    const banks = members.get(port.member) ?? new Map<string, Parsed<T>[]>()
    banks.set(port.prefix, [...(banks.get(port.prefix) ?? []), port])
    members.set(port.member, banks)
  }
  const collator = new Intl.Collator(undefined, { numeric: true })
  joinLoose(members, collator)
  return {
    physical: true,
    members: [...members].sort(([a], [b]) => collator.compare(a, b)).map(([name, banks]) => ({
      // The large group first, uplinks apart after it.
      name, banks: [...banks].sort(([, a], [, b]) => b.length - a.length).flatMap(([prefix, ports]) => banksOf(prefix, ports)),
    })),
  }
}

/** A port without a slot beside ports with one (`mgmt0` of a switch) is no stack member: it stands apart on the first. */
function joinLoose<T>(members: Map<string, Map<string, Parsed<T>[]>>, collator: Intl.Collator): void {
  const loose = members.get('')
  const first = [...members.keys()].filter((name) => name !== '').sort(collator.compare)[0]
  if (!loose || first === undefined) return
  members.delete('')
  for (const [prefix, ports] of loose) members.get(first)?.set(prefix, ports)
}

function byName<T>(items: T[], nameOf: (item: T) => string): PanelBank<T>[] {
  const collator = new Intl.Collator(undefined, { numeric: true })
  const sorted = [...items].sort((a, b) => collator.compare(nameOf(a), nameOf(b)))
  const keys = sorted.map((item, i): PanelKey<T> => ({ item, label: nameOf(item).slice(0, 5), column: Math.floor(i / 2), row: i % 2 === 0 ? 0 : 1 }))
  return [{ name: '', keys, columns: Math.ceil(keys.length / 2) }]
}
