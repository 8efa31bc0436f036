/** Colours of the theme: a canvas does not resolve `var()`. */
export type Palette = Record<string, string>
const TOKENS = [
  'bg', 'surface', 'raised', 'hover', 'line', 'line-strong', 'text', 'text-dim', 'text-faint', 'accent', 'focus', 'selected', 'bad-bg', 'warn-bg',
  'ok-mark', 'warn-mark', 'bad-mark', 'unknown-mark', 'off-mark', 'util-0', 'util-1', 'util-2', 'util-3', 'util-4', 'series-2', 'series-4',
] as const

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  return { ...Object.fromEntries(TOKENS.map(token => [token, style.getPropertyValue(`--${token}`).trim()])), font: style.fontFamily }
}

/** What is looked at, beside the scene itself. Indices are -1 for none. */
export interface Looks {
  selectedNode: number
  selectedLink: number
  hoverNode: number
  hoverLink: number
  focusNode: number
  /** Members of the impact or the path in view; others stand back. Null: nobody does. */
  spotNodes: Uint8Array | null
  spotLinks: Uint8Array | null
  /** Links that appeared or changed state just now, with the time their halo ends. */
  halos: Map<number, number>
  bands: readonly string[]
  /** Dotted lines for weak evidence. */
  dotted: boolean
  restName: string
  /** Sites folded whatever the zoom. */
  sitesOnly: boolean
}
