import { describe, expect, it } from 'vitest'
import { clock, dragStretch, rulerStep, skipTo, stepRate } from './playback'

describe('skipTo', () => {
  const quiet = [
    { from_ms: 1000, to_ms: 1500 },
    { from_ms: 10_000, to_ms: 18_000 },
  ]
  it('leaves the rhythm of speech alone', () => {
    expect(skipTo(1300, quiet)).toBeNull()
  })
  it('keeps a breath at each end of a long silence', () => {
    expect(skipTo(10_100, quiet)).toBeNull()
    expect(skipTo(10_250, quiet)).toBe(17_850)
    expect(skipTo(17_850, quiet)).toBeNull()
  })
})

describe('stepRate', () => {
  it('walks the five speeds and stays at the ends', () => {
    expect(stepRate(1, 1)).toBe(1.5)
    expect(stepRate(0.75, -1)).toBe(0.75)
    expect(stepRate(3, 1)).toBe(3)
  })
})

describe('clock', () => {
  it('reads as on a tape counter', () => {
    expect([0, 9_999, 88_000, 3_723_000].map(clock)).toEqual(['0:00', '0:09', '1:28', '1:02:03'])
  })
})

describe('rulerStep', () => {
  it('leaves room for its labels', () => {
    expect(rulerStep(192_000, 848, 80)).toBe(20_000)
    expect(rulerStep(4_000, 848, 80)).toBe(1000)
  })
})

describe('dragStretch', () => {
  it('is ordered, inside the recording, and null for a click', () => {
    expect(dragStretch(300, 100, 1000, 60_000)).toEqual({ from_ms: 6000, to_ms: 18_000 })
    expect(dragStretch(-50, 2000, 1000, 60_000)).toEqual({ from_ms: 0, to_ms: 60_000 })
    expect(dragStretch(100, 102, 1000, 60_000)).toBeNull()
  })
})
