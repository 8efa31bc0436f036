import { describe, expect, it } from 'vitest'
import { adjacencyOf, anchorsOf, cutSizes, impactOf, pathBetween } from './analysis'
import { seeded } from './layout/campus.fixture'

// 0, 1 core · 2 dual-homed · 3 behind 2 · 4, 5 behind 3 · 6 alone
const links = Int32Array.from([0, 1, 0, 2, 1, 2, 2, 3, 3, 4, 3, 5])
const graph = adjacencyOf(7, links)
const tier = Uint8Array.from([1, 1, 2, 3, 4, 4, 4])

describe('impact', () => {
  const anchors = anchorsOf(graph, tier)
  it('anchors at the cores', () => expect(anchors).toEqual([0, 1]))
  it('counts who loses the way', () => {
    expect(impactOf(graph, anchors, { node: 3 })).toEqual([4, 5])
    expect(impactOf(graph, anchors, { node: 2 })).toEqual([3, 4, 5])
    expect(impactOf(graph, anchors, { node: 0 })).toEqual([])
    expect(impactOf(graph, anchors, { link: 3 })).toEqual([3, 4, 5])
    expect(impactOf(graph, anchors, { link: 1 })).toEqual([])
  })
  it('finds single points of failure at once, the same as one by one', () => {
    expect([...cutSizes(graph, anchors)]).toEqual([0, 0, 3, 2, 0, 0, 0])
    for (let seed = 1; seed < 40; seed++) {
      const random = seeded(seed)
      const size = 30
      const ends = Int32Array.from({ length: 2 * Math.floor(20 + random() * 30) }, () => Math.floor(random() * size))
      const any = adjacencyOf(size, ends)
      const tiers = Uint8Array.from({ length: size }, () => Math.floor(random() * 5))
      const roots = anchorsOf(any, tiers)
      const expected = Array.from({ length: size }, (_, node) => impactOf(any, roots, { node }).length)
      expect([...cutSizes(any, roots)], `seed ${seed}`).toEqual(expected)
    }
  })
})

describe('pathBetween', () => {
  it('goes the shortest way, around what is down', () => {
    expect(pathBetween(graph, 4, 0, () => false)).toEqual({ nodes: [4, 3, 2, 0], links: [4, 3, 1] })
    expect(pathBetween(graph, 4, 0, link => link === 1)).toEqual({ nodes: [4, 3, 2, 1, 0], links: [4, 3, 2, 0] })
  })
  it('shows the dead way when there is no other, and none when there is none', () => {
    expect(pathBetween(graph, 4, 5, link => link === 5)?.links).toEqual([4, 5])
    expect(pathBetween(graph, 4, 6, () => false)).toBeNull()
  })
})
