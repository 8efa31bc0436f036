import { afterEach, describe, expect, it } from 'vitest'
import { setLocale } from '@/i18n'
import * as f from './format'

afterEach(() => setLocale('en'))
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ')

describe('figures', () => {
  it('writes bits per second in decimal SI with three digits', () => {
    expect([7.1e9, 61.3e6, 310e6, 94, 999_600, 24.4e9].map((v) => plain(f.formatBits(v)))).toEqual(['7.1 Gbit/s', '61.3 Mbit/s', '310 Mbit/s', '94 bit/s', '1 Mbit/s', '24.4 Gbit/s'])
  })

  it('never breaks the line between figure and unit', () => {
    expect(f.formatBits(1e9)).toBe('1\u00a0Gbit/s')
    expect(f.formatPercent(0.94)).toBe('94\u00a0%')
  })

  it('shows what is unknown as a dash, never as 0', () => {
    for (const text of [f.formatBits(null), f.formatBytes(undefined), f.formatPercent(null), f.formatDuration(null), f.formatMilliseconds(NaN), f.formatCount(null), f.formatClock(null), f.formatUnit(null, 'bps')]) expect(text).toBe('–')
    expect(f.formatBits(0)).toBe('0\u00a0bit/s')
  })

  it('gives shares as many places as they need', () => {
    expect([0.99982, 0.99097, 0.94, 0.012, 0, 1].map((v) => plain(f.formatPercent(v)))).toEqual(['99.982 %', '99 %', '94 %', '1.2 %', '0 %', '100 %'])
  })

  it('writes durations in their two largest parts', () => {
    expect([2, 1080, 466, 18_331_200, 3600, 0].map((s) => plain(f.formatDuration(s)))).toEqual(['2 s', '18 min', '7 min 46 s', '212 d 4 h', '1 h', '0 s'])
  })

  it('reads units of the API', () => {
    expect([f.formatUnit(0.5, 'ratio'), f.formatUnit(1500, 'ms'), f.formatUnit(2e6, 'bytes'), f.formatUnit(3, 'dBm'), f.formatUnit(1204, 'records/s')].map(plain)).toEqual(['50 %', '1.5 s', '2 MB', '3 dBm', '1.2 k/s'])
  })

  it('never tells of an age in the future', () => {
    expect(plain(f.formatAge(2_000, 1_000))).toBe('0 s')
    expect(plain(f.formatAge(new Date(0).toISOString(), 18 * 60_000))).toBe('18 min')
  })
})

describe('in French', () => {
  it('uses its own signs', async () => {
    await setLocale('fr')
    expect(plain(f.formatCount(1915))).toBe('1 915')
    expect(plain(f.formatBits(7.1e9))).toBe('7,1 Gbit/s')
    expect(plain(f.formatBytes(412e6))).toBe('412 Mo')
    expect(plain(f.formatDuration(18_331_200))).toBe('212 j 4 h')
    expect(f.formatPercent(0.94)).toBe('94\u00a0%')
  })
})

it('writes today as a clock and other days with their date', () => {
  const now = new Date(2026, 10, 23, 15, 0).getTime()
  expect(f.formatMoment(new Date(2026, 10, 23, 14, 2).getTime(), now)).toBe('14:02')
  expect(f.formatMoment(new Date(2026, 10, 3, 14, 2).getTime(), now)).toBe('3 Nov 14:02')
  expect(f.formatMoment(new Date(2025, 10, 3, 14, 2).getTime(), now)).toBe('3 Nov 2025')
})
