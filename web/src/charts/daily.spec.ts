import { describe, expect, it } from 'vitest'
import { dailyOption, niceStep, rateBounds } from './daily'
import type { Palette } from './palette'

const p = { font: 'x', size: 11 } as Palette

describe('axes', () => {
  it('step in round numbers', () => {
    expect([1980, 130, 7, 0].map((n) => niceStep(n))).toEqual([500, 50, 2, 1])
  })
  it('hold every rate and the target, in whole percents on the same lines as the counts', () => {
    for (const parts of [2, 3, 4]) {
      const b = rateBounds([2790, 4130], 3500, parts)
      expect(b.min).toBeLessThanOrEqual(27)
      expect(b.max).toBeGreaterThanOrEqual(42)
      expect((b.max - b.min) % parts).toBe(0)
    }
    expect(rateBounds([], null, 4)).toEqual({ min: 0, max: 100 })
  })
})

describe('dailyOption', () => {
  it('leaves a day without calls out of the line, not at 0 %', () => {
    const daily = [
      { day: 20261102, dialed: 100, connected: 37, connect_rate_bp: 3700 },
      { day: 20261103, dialed: 0, connected: 0, connect_rate_bp: null },
    ]
    const [bars, line] = dailyOption(daily, null, { dialed: '', rate: '' }, p).series as { data: unknown[] }[]
    expect(bars?.data).toEqual([100, 0])
    expect(line?.data).toEqual([37, null])
  })
})
