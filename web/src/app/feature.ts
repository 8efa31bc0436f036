import type { QueryClient } from '@tanstack/vue-query'
import type { Component, ComputedRef } from 'vue'
import type { RouteRecordRaw } from 'vue-router'
import type { EventRecord } from '@/api/models'
import type { Mark } from '@/ui/status'

/** A count beside a nav entry; red only when `urgent` (critical and not acknowledged). */
export interface Badge {
  count: number
  urgent: boolean
}

/** An entry of the side bar (and of the bottom bar on phones when `phone` is set). */
export interface NavEntry {
  to: string
  /** Message key of the label. */
  label: string
  icon: Component
  /** `watch` is the untitled first group. */
  group: 'watch' | 'platform' | 'manage'
  /** Place inside the group. */
  order: number
  /** Second key of `g …`. */
  key?: string
  phone?: boolean
  /** Permission without which the entry is absent. */
  needs?: string
  /** Called once in the shell's setup. */
  badge?: () => ComputedRef<Badge | null>
}

/** An entry of the administration page, given by the feature that owns the thing. */
export interface AdminEntry {
  to: string
  label: string
  hint: string
  icon: Component
  order: number
  needs?: string
}

/** A device, a port, an address: what the palette finds by name. */
export interface Thing {
  id: string
  label: string
  hint: string
  to: string
  mark?: Mark
}

/** What `routes.ts` of a feature exports as default: all that the shell knows of it. */
export interface Feature {
  routes: RouteRecordRaw[]
  nav?: NavEntry[]
  admin?: AdminEntry[]
  /** What `text` may mean in this feature, best first; for the palette. */
  find?: (text: string, signal: AbortSignal) => Promise<Thing[]>
  /** Keeps the feature's cached data true by the events of the server. */
  onEvents?: (events: EventRecord[], client: QueryClient) => void
}

declare module 'vue-router' {
  interface RouteMeta {
    /** Message key of the title of the document. */
    title?: string
    /** Permission needed to open the page. */
    needs?: string
    /** Open without a session (the sign-in page). */
    open?: boolean
    /** The page fills the main area itself, without margins (the map). */
    full?: boolean
    /** The page listens to the time range in the bar. */
    time?: boolean
  }
}
