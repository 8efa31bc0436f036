import { describe, expect, it } from 'vitest'
import { applyPatch } from './jsonPatch'

describe('applyPatch', () => {
  const document = { a: 1, list: [1, 2], deep: { 'x/y': { z: 1 } }, kept: { same: true } }

  it('knows the six operations of RFC 6902', () => {
    expect(applyPatch(document, [{ op: 'add', path: '/list/1', value: 9 }]).list).toEqual([1, 9, 2])
    expect(applyPatch(document, [{ op: 'add', path: '/list/-', value: 9 }]).list).toEqual([1, 2, 9])
    expect(applyPatch(document, [{ op: 'remove', path: '/list/0' }]).list).toEqual([2])
    expect(applyPatch(document, [{ op: 'replace', path: '/deep/x~1y/z', value: 7 }]).deep['x/y'].z).toBe(7)
    expect(applyPatch(document, [{ op: 'copy', from: '/a', path: '/b' }])).toMatchObject({ a: 1, b: 1 })
    expect(applyPatch(document, [{ op: 'move', from: '/a', path: '/b' }])).not.toHaveProperty('a')
    expect(() => applyPatch(document, [{ op: 'test', path: '/a', value: 2 }])).toThrow()
    expect(applyPatch(document, [{ op: 'replace', path: '', value: { whole: 1 } }])).toEqual({ whole: 1 })
  })

  it('leaves the document and its untouched parts as they are', () => {
    const next = applyPatch(document, [{ op: 'replace', path: '/a', value: 2 }])
    expect(document.a).toBe(1)
    expect(next.kept).toBe(document.kept)
  })

  it('refuses what does not fit', () => {
    expect(() => applyPatch(document, [{ op: 'replace', path: '/nothing', value: 1 }])).toThrow()
    expect(() => applyPatch(document, [{ op: 'remove', path: '/list/9' }])).toThrow()
    expect(() => applyPatch(document, [{ op: 'add', path: '/a/b', value: 1 }])).toThrow()
  })
})
