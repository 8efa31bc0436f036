import { describe, expect, it } from 'vitest'
import { cellOf, formatAddress, parseAddress, parseTargets } from './targets'

describe('parseTargets', () => {
  it.each([
    ['10.0.0.0/20', 4094n], ['192.0.2.7', 1n], ['10.0.0.0/31', 2n], ['10.0.0.0/24\n10.0.1.0/24', 508n], ['2001:db8::/120', 256n], ['', 0n],
  ])('counts the addresses of %s', (text, count) => expect(parseTargets(text).count).toBe(count))

  it('counts overlapping targets once and says which', () => {
    const targets = parseTargets('10.0.0.0/24\n10.0.0.128/25')
    expect(targets.count).toBe(254n)
    expect(targets.items[1]?.problem).toEqual({ code: 'overlap', text: '10.0.0.128/25', other: '10.0.0.0/24' })
    expect(targets.blocked).toBe(false)
  })
  it('takes exclusions off', () => expect(parseTargets('10.0.0.0/24', '10.0.0.10, 10.0.0.16/28').count).toBe(239n))
  it('flags a /8 as large, a /16 as not', () => {
    expect(parseTargets('10.0.0.0/8').large).toBe(true)
    expect(parseTargets('10.0.0.0/16').large).toBe(false)
  })
  it.each([
    ['10.0.0.0/40', { code: 'prefix', text: '10.0.0.0/40', max: 32, suggestion: '10.0.0.0/24' }],
    ['10.0.0.5/24', { code: 'host_bits', text: '10.0.0.5/24', suggestion: '10.0.0.0/24' }],
    ['10.0.0.300', { code: 'invalid', text: '10.0.0.300' }],
    ['switch', { code: 'invalid', text: 'switch' }],
    ['1:2:3', { code: 'invalid', text: '1:2:3' }],
  ])('says what is wrong with %s', (text, problem) => {
    const targets = parseTargets(text)
    expect(targets.items[0]?.problem).toEqual(problem)
    expect(targets.blocked).toBe(true)
  })
})

describe('addresses', () => {
  it.each(['192.0.2.7', '2001:db8::1', '::1', '::', 'fe80::1:0:0:1', '2001:db8:0:1:2:3:4:5'])('writes %s as it read it', (text) => {
    const parsed = parseAddress(text)
    expect(parsed && formatAddress(parsed.value, parsed.family)).toBe(text)
  })
  it('finds the cell of the range', () => {
    const { spans } = parseTargets('10.0.0.0/24\n10.0.9.0/24')
    expect(cellOf('10.0.0.1', spans, 256)).toBe(0)
    expect(cellOf('10.0.9.254', spans, 256)).toBe(255)
    expect(cellOf('10.0.9.1', spans, 256)).toBe(128)
    expect(cellOf('10.0.5.1', spans, 256)).toBe(-1)
  })
})
