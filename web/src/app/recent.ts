import { ref } from 'vue'

export interface RecentPlace { path: string; title: string }
const KEY = 'vigie.recent'
const KEPT = 8

function load(): RecentPlace[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '[]') as RecentPlace[]
  } catch {
    return []
  }
}

/** Pages seen last, newest first; the palette offers them before anything is typed. */
export const recentPlaces = ref<RecentPlace[]>(load())

export function remember(path: string, title: string): void {
  if (!title) return
  recentPlaces.value = [{ path, title }, ...recentPlaces.value.filter((p) => p.path !== path)].slice(0, KEPT)
  localStorage.setItem(KEY, JSON.stringify(recentPlaces.value))
}
