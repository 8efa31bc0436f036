import type { Component } from 'vue'
import type { RouteLocationRaw } from 'vue-router'

/** An entry of a menu. */
export interface MenuItem {
  id: string
  label: string
  icon?: Component
  keys?: string
  to?: RouteLocationRaw
  danger?: boolean
  /** Why it cannot be done now. */
  reason?: string
  separated?: boolean
  run?: () => void
}
