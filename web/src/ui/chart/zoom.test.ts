import { describe, expect, it } from 'vitest'
import { NOTCH, panned, wheelGesture, zoomed } from './zoom'

const HOUR = 3_600_000
const now = 10 * HOUR

describe('zoom', () => {
  it('keeps the moment under the pointer in its place', () => {
    expect(zoomed({ from: 0, to: 4 * HOUR }, HOUR, 0.5, now)).toEqual({ from: 0.5 * HOUR, to: 2.5 * HOUR })
  })
  it('never reaches into the future', () => {
    expect(zoomed({ from: 8 * HOUR, to: now }, 9 * HOUR, 2, now)).toEqual({ from: 6 * HOUR, to: now })
    expect(panned({ from: 8 * HOUR, to: 9 * HOUR }, 5, now)).toEqual({ from: 9 * HOUR, to: now })
  })
  it('has a shortest and a longest stretch', () => {
    const short = zoomed({ from: 0, to: 90_000 }, 0, 0.1, now)
    expect(short.to - short.from).toBe(60_000)
    const long = zoomed({ from: 0, to: 3_000 * 24 * HOUR }, 0, 2, 1e15)
    expect(long.to - long.from).toBe(3_650 * 24 * HOUR)
  })
})

describe('the wheel', () => {
  const wheel = (change: Partial<WheelEvent>) => wheelGesture({ ctrlKey: false, metaKey: false, shiftKey: false, deltaX: 0, deltaY: 0, deltaMode: 0, ...change })
  it('scrolls the page where no key is held', () => expect(wheel({ deltaY: 100 })).toBeNull())
  it('zooms with Ctrl, as a pinch does', () => expect([wheel({ ctrlKey: true, deltaY: 100 }), wheel({ ctrlKey: true, deltaY: -100 })]).toEqual([{ zoom: NOTCH }, { zoom: 1 / NOTCH }]))
  it('pans with Shift, and across', () => expect([wheel({ shiftKey: true, deltaY: 100 }), wheel({ deltaX: -50, deltaY: 5 })]).toEqual([{ pan: 0.1 }, { pan: -0.05 }]))
})
