import { computed, onScopeDispose, shallowReactive, toValue, type Component, type MaybeRefOrGetter } from 'vue'
import { singleKeys } from './preferences'

/** An act of the page or of the shell: heard as a key, offered by the palette, listed on the `?` sheet. */
export interface Action {
  id: string
  /** Already translated. */
  label: string
  icon?: Component
  /** `Ctrl K`, `g d` (one after the other) or a single key such as `r`. */
  keys?: string
  /** Heading on the sheet. */
  group: 'shell' | 'go' | 'page'
  /** Not offered by the palette (moving in a list). */
  silent?: boolean
  run: () => void
}

const sets = shallowReactive(new Set<MaybeRefOrGetter<Action[]>>())

/** Everything that can be done now; what the page adds comes before what the shell has. */
export const actions = computed(() => [...sets].reverse().flatMap((set) => toValue(set)))

/** Offers acts while the component lives. */
export function useActions(set: MaybeRefOrGetter<Action[]>): void {
  sets.add(set)
  onScopeDispose(() => sets.delete(set))
}

const SEQUENCE_MS = 1200
let prefix: { key: string; at: number } | null = null

/** `Ctrl K` of a keyboard event, in the spelling of `Action.keys`. */
export function spell(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key : event.key.replace('Arrow', '')
  const parts = []
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl')
  if (event.altKey) parts.push('Alt')
  parts.push(parts.length && key.length === 1 ? key.toUpperCase() : key)
  return parts.join(' ')
}

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** Finds and runs the act of a key; true when one ran. */
export function handleKey(event: KeyboardEvent, now = Date.now()): boolean {
  if (event.defaultPrevented || event.isComposing) return false
  const spelled = spell(event)
  const modified = event.ctrlKey || event.metaKey || event.altKey
  const held = prefix && now - prefix.at < SEQUENCE_MS ? prefix.key : null
  prefix = null
  if (!modified && (typing(event.target) || !singleKeys.value || document.querySelector('[role="dialog"], [role="menu"]'))) return false
  const wanted = held ? `${held} ${spelled}` : spelled
  const action = actions.value.find((a) => a.keys === wanted)
  if (action) {
    event.preventDefault()
    action.run()
    return true
  }
  if (!held && !modified && actions.value.some((a) => a.keys?.startsWith(`${spelled} `))) prefix = { key: spelled, at: now }
  return false
}
