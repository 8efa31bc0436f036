import { expect, it } from 'vitest'
import type { CacheOperation } from '@/api/models'
import { fallsWith, tagsOf } from './falls'

const row = (operation: string, level: string, entries: number, tags: string[]): CacheOperation => ({ operation, level, entries, tags, operations: 0, hits: 0, misses: 0, hit_ratio: null, evictions: 0 })
const operations = [row('dashboards.network', 'l1', 3, ['dashboards', 'devices']), row('dashboards.network', 'l2', 0, ['dashboards', 'devices']), row('dashboards.map', 'l1', 1, ['topology', 'dashboards'])]

it('knows every tag once', () => expect(tagsOf(operations)).toEqual(['dashboards', 'devices', 'topology']))

it('counts what falls with a tag, an operation once over its levels', () => {
  expect(fallsWith(operations, ['devices'], false)).toEqual([{ operation: 'dashboards.network', entries: 3 }])
  expect(fallsWith(operations, ['dashboards'], false)).toEqual([{ operation: 'dashboards.map', entries: 1 }, { operation: 'dashboards.network', entries: 3 }])
  expect(fallsWith(operations, [], false)).toEqual([])
  expect(fallsWith(operations, [], true)).toHaveLength(2)
})
