import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'

type Sortable = string | number | null | undefined

/** One column of a DataTable. */
export interface Column<T> {
  key: string
  /** Heading, already translated. */
  label: string
  /** Width in px at first; columns with `grow` share what is left. */
  width: number
  grow?: boolean
  align?: 'end'
  /** Fixed: cannot be hidden. The first such column is the title of a card on phones. */
  fixed?: boolean
  /** Shown on the second line of a card on phones. */
  phone?: boolean
  /** Hidden until the user asks for it. */
  extra?: boolean
  /** Name of the order that the server offers; also offered when the page sorts by itself. */
  sort?: string
  /** What the page sorts by in whole mode, and what a cell without a slot shows. */
  value?: (row: T) => Sortable
  mono?: boolean
}

interface Stored { order: string[]; hidden: string[]; widths: Record<string, number> }

function load(key: string): Stored | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') as Stored | null
  } catch {
    return null
  }
}

export interface ColumnLayout<T> {
  shown: ComputedRef<Column<T>[]>
  all: ComputedRef<Column<T>[]>
  template: ComputedRef<string>
  isHidden: (key: string) => boolean
  toggle: (key: string) => void
  move: (key: string, by: -1 | 1) => void
  resize: (key: string, width: number) => void
  widthOf: (column: Column<T>) => number
  reset: () => void
}

/** Order, width and visibility of columns, kept for the user in this browser under `name`. */
export function useColumnLayout<T>(columns: Ref<Column<T>[]>, name: string): ColumnLayout<T> {
  const storageKey = `vigie.table.${name}`
  const stored = load(storageKey)
  const order = ref<string[]>(stored?.order ?? [])
  const hidden = ref<string[] | null>(stored?.hidden ?? null)
  const widths = ref<Record<string, number>>(stored?.widths ?? {})

  const isHidden = (key: string) => {
    const column = columns.value.find((c) => c.key === key)
    if (column?.fixed) return false
    return hidden.value ? hidden.value.includes(key) : Boolean(column?.extra)
  }
  const place = (key: string) => {
    const at = order.value.indexOf(key)
    return at === -1 ? 1000 + columns.value.findIndex((c) => c.key === key) : at
  }
  const all = computed(() => [...columns.value].sort((a, b) => place(a.key) - place(b.key)))
  const shown = computed(() => all.value.filter((c) => !isHidden(c.key)))
  const widthOf = (column: Column<T>) => widths.value[column.key] ?? column.width
  const template = computed(() => shown.value.map((c) => (c.grow && !widths.value[c.key] ? `minmax(${c.width}px, 1fr)` : `${widthOf(c)}px`)).join(' '))

  watch([order, hidden, widths], () => {
    localStorage.setItem(storageKey, JSON.stringify({ order: order.value, hidden: hidden.value ?? [], widths: widths.value }))
  }, { deep: true })

  return {
    shown, all, template, isHidden, widthOf,
    toggle(key) {
      const now = hidden.value ?? columns.value.filter((c) => c.extra).map((c) => c.key)
      hidden.value = now.includes(key) ? now.filter((k) => k !== key) : [...now, key]
    },
    move(key, by) {
      const keys = all.value.map((c) => c.key)
      const from = keys.indexOf(key)
      const to = from + by
      if (from === -1 || to < 0 || to >= keys.length) return
      keys.splice(to, 0, ...keys.splice(from, 1))
      order.value = keys
      hidden.value ??= columns.value.filter((c) => c.extra).map((c) => c.key)
    },
    resize(key, width) { widths.value = { ...widths.value, [key]: Math.max(48, Math.round(width)) } },
    reset() { order.value = []; hidden.value = null; widths.value = {}; localStorage.removeItem(storageKey) },
  }
}

const natural = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })

/** Sorts by the column that `ordering` names (`-name` is downwards); unknown values go last either way. */
export function sortRows<T>(rows: T[], columns: Column<T>[], ordering: string): T[] {
  const down = ordering.startsWith('-')
  const value = columns.find((c) => c.sort === (down ? ordering.slice(1) : ordering))?.value
  if (!value) return rows
  const sign = down ? -1 : 1
  return rows.map((row) => ({ row, by: value(row) })).sort((a, b) => compare(a.by, b.by, sign)).map((entry) => entry.row)
}

function compare(a: Sortable, b: Sortable, sign: number): number {
  const gone = Number(isGone(a)) - Number(isGone(b))
  if (gone !== 0 || isGone(a)) return gone
  return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : natural.compare(String(a), String(b)))
}

const isGone = (value: Sortable) => value === null || value === undefined || value === ''
