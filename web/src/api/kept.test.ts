import { describe, expect, it } from 'vitest'
import { keptSince, noteKept } from './kept'

const answer = (status: number, headers: Record<string, string> = {}) => new Response('{}', { status, headers })
const kept = (age: number) => answer(200, { Age: String(age), 'Cache-Status': `Vigie; hit; ttl=-${age}; detail=storage_failed` })

describe('answers that were kept', () => {
  it('tell since when, the oldest of them, until each is fresh again', () => {
    noteKept('/devices', answer(200), 100_000)
    expect(keptSince.value).toBeNull()
    noteKept('/devices', kept(40), 100_000)
    noteKept('/alerts', kept(10), 110_000)
    noteKept('/topology', answer(200), 110_000)
    expect(keptSince.value).toBe(60_000)
    noteKept('/devices', answer(503), 120_000)
    expect(keptSince.value).toBe(60_000)
    noteKept('/devices', answer(200), 130_000)
    expect(keptSince.value).toBe(100_000)
    noteKept('/alerts', answer(200), 130_000)
    expect(keptSince.value).toBeNull()
  })
})
