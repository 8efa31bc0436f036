import type { Colouring } from './scene'

const TOKENS: Record<Colouring, readonly string[]> = {
  use: ['util-0', 'util-1', 'util-2', 'util-3', 'util-4'],
  errors: ['util-0', 'util-1', 'util-2', 'util-3', 'util-4'],
  // A fast line is not a troubled one: no amber, no red.
  speed: ['util-0', 'util-1', 'util-2', 'series-2', 'series-4'],
  evidence: ['util-1', 'util-1', 'util-2', 'util-2', 'util-2'],
}

/** Colour tokens of link bands 0 to 4. */
export function bandTokens(colouring: Colouring): readonly string[] {
  return TOKENS[colouring]
}
