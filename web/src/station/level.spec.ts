import { describe, expect, it } from 'vitest'
import { dbfs, LAMPS, lampsOf, PeakHold, wordOf } from './level'

describe('level', () => {
  it('reads a full-scale sine as -3 dBFS and nothing as silence', () => {
    const sine = Float32Array.from({ length: 480 }, (_, i) => Math.sin((2 * Math.PI * i) / 48))
    expect(dbfs(sine)).toBeCloseTo(-3.01, 1)
    expect(dbfs(new Float32Array(480))).toBe(-100)
    expect(dbfs(new Float32Array(0))).toBe(-100)
  })
  it('lights between none and all lamps', () => {
    expect(lampsOf(-100)).toBe(0)
    expect(lampsOf(0)).toBe(LAMPS)
    expect(lampsOf(-20)).toBeGreaterThan(7)
  })
  it('says one steady word for speech with pauses', () => {
    const hold = new PeakHold(3000)
    hold.push(-20, 0)
    expect(wordOf(hold.push(-90, 1000))).toBe('ok')
    expect(wordOf(hold.push(-90, 3500))).toBe('silent')
  })
})
