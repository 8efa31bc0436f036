import { expect, it } from 'vitest'
import { changesOf } from './diff'

it('lists only what differs, made and removed things too', () => {
  expect(changesOf({ name: 'a', tags: ['x'], same: 1 }, { name: 'b', tags: ['x', 'y'], same: 1 })).toEqual([{ field: 'name', before: 'a', after: 'b' }, { field: 'tags', before: '["x"]', after: '["x","y"]' }])
  expect(changesOf(null, { name: 'b' })).toEqual([{ field: 'name', before: null, after: 'b' }])
  expect(changesOf({ name: 'a' }, null)).toEqual([{ field: 'name', before: 'a', after: null }])
})
