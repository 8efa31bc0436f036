import { describe, expect, it } from 'vitest'
import { layoutPanel } from './panelLayout'

const lay = (names: string[]) => layoutPanel(names, (n) => n)
const range = (n: number, name: (i: number) => string, from = 1) => Array.from({ length: n }, (_, i) => name(i + from))
const place = (names: string[], name: string) => {
  for (const [m, member] of lay(names).members.entries()) {
    for (const [b, bank] of member.banks.entries()) {
      const key = bank.keys.find((k) => k.item === name)
      if (key) return [m, b, key.column, key.row, key.label]
    }
  }
  return null
}

describe('layoutPanel', () => {
  it('puts odd ports above even ones, in groups of twelve', () => {
    const names = range(48, (i) => `Gi1/0/${i}`)
    expect(lay(names).members[0]?.banks).toHaveLength(4)
    expect(place(names, 'Gi1/0/1')).toEqual([0, 0, 0, 0, '1'])
    expect(place(names, 'Gi1/0/2')).toEqual([0, 0, 0, 1, '2'])
    expect(place(names, 'Gi1/0/12')).toEqual([0, 0, 5, 1, '12'])
    expect(place(names, 'Gi1/0/13')).toEqual([0, 1, 0, 0, '13'])
  })

  it('sets uplinks apart after the many ports', () => {
    const names = [...range(4, (i) => `Te1/1/${i}`), ...range(24, (i) => `Gi1/0/${i}`)]
    expect(place(names, 'Te1/1/1')).toEqual([0, 2, 0, 0, '1'])
  })

  it('lays stack members one under another, in their order', () => {
    const names = [...range(12, (i) => `Gi10/0/${i}`), ...range(12, (i) => `Gi2/0/${i}`)]
    expect(lay(names).members.map((m) => m.name)).toEqual(['2', '10'])
  })

  it('sets a management port apart, not as a stack member', () => {
    const names = ['mgmt0', ...range(12, (i) => `Ethernet1/${i}`)]
    expect(lay(names).members).toHaveLength(1)
    expect(place(names, 'mgmt0')?.slice(0, 2)).toEqual([0, 1])
  })

  it('starts at 0 where the maker does', () => {
    const names = range(24, (i) => `ge-0/0/${i}`, 0)
    expect(place(names, 'ge-0/0/0')).toEqual([0, 0, 0, 0, '0'])
    expect(place(names, 'ge-0/0/1')).toEqual([0, 0, 0, 1, '1'])
  })

  it('leaves the place of a missing port free', () => {
    const names = range(24, (i) => `Gi0/${i}`).filter((n) => n !== 'Gi0/3')
    expect(place(names, 'Gi0/5')).toEqual([0, 0, 2, 0, '5'])
  })

  it('says when it does not know the order', () => {
    expect(lay(['lan', 'wan', 'dmz']).physical).toBe(false)
    expect(lay(['eth0', 'eth1']).physical).toBe(true)
    expect(lay([]).physical).toBe(false)
  })

  it('loses no port and stacks no two on one place', () => {
    const names = [...range(48, (i) => `GigabitEthernet1/0/${i}`), ...range(8, (i) => `TenGigabitEthernet1/1/${i}`), ...range(5, (i) => `Eth${i * 1000}`)]
    const places = names.map((n) => JSON.stringify(place(names, n)?.slice(0, 4)))
    expect(places).not.toContain('null')
    expect(new Set(places).size).toBe(names.length)
  })
})
