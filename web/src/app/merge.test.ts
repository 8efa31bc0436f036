import { expect, it } from 'vitest'
import { mergeChanges } from './merge'

const base = { name: 'a', notes: null as string | null, tags: ['x'] }

it('merges what only one side touched', () => {
  expect(mergeChanges(base, { name: 'b' }, { ...base, notes: 'theirs' })).toEqual({ merged: { name: 'b' }, conflicts: [] })
})
it('asks about what both touched', () => {
  expect(mergeChanges(base, { name: 'b', tags: ['y'] }, { ...base, name: 'c' })).toEqual({ merged: { tags: ['y'] }, conflicts: [{ key: 'name', mine: 'b', theirs: 'c' }] })
})
it('has nothing to do where both did the same', () => {
  expect(mergeChanges(base, { tags: ['y'] }, { ...base, tags: ['y'] })).toEqual({ merged: {}, conflicts: [] })
})
