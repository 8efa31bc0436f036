import { expect, it } from 'vitest'
import { narrowed, searchOf, term } from './query'

it('quotes only what would mean something else', () => {
  expect(term('host', 'core-1')).toBe('host:core-1')
  expect(term('attrs.module', 'vigie::wiring')).toBe('attrs.module:"vigie::wiring"')
  expect(term('attrs.path', 'a "b" \\c')).toBe('attrs.path:"a \\"b\\" \\\\c"')
  expect(term('program', 'OR')).toBe('program:"OR"')
  expect(term('attrs.cause', '')).toBe('attrs.cause:""')
  expect(term('name', '-x')).toBe('name:"-x"')
})

it('adds a condition to the whole of a search', () => {
  expect(narrowed('', 'host:a')).toBe('host:a')
  expect(narrowed('down', 'host:a')).toBe('down host:a')
  expect(narrowed('down OR up', 'host:a')).toBe('(down OR up) host:a')
  expect(narrowed('down host:a', 'host:a')).toBe('down host:a')
  expect(narrowed('NOT host:a', 'host:a')).toBe('(NOT host:a) host:a')
  expect(narrowed('a OR(b c)', 'host:x')).toBe('(a OR(b c)) host:x')
  expect(narrowed('b OR host:a', 'host:a')).toBe('(b OR host:a) host:a')
  expect(searchOf(' a OR b ', 'error')).toBe('(a OR b) severity:<=error')
  expect(searchOf(' a ', '')).toBe('a')
})
