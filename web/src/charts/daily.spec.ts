import { describe, expect, it } from 'vitest'
import { dailyOption, niceStep, rateBounds } from './daily'
import type { Palette } from './palette'

const p = { font: 'x', size: 11 } as Palette

describe('axes', () => {
  it('step in round numbers', () => {
    expect([1980, 130, 7, 0].map((n) => niceStep(n))).toEqual([500, 50, 2, 1])
  })
  it('hold every rate and the target between whole percents', () => {
    const b = rateBounds([3460, 3810], 3500)
    expect(b.min).toBeLessThanOrEqual(34)
    expect(b.max).toBeGreaterThanOrEqual(39)
    expect((b.max - b.min) % b.step).toBe(0)
    expect(rateBounds([], null)).toEqual({ min: 0, max: 100, step: 25 })
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
