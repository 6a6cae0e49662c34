import { describe, expect, it } from 'vitest'
import { dayText, endsSoon, sizeText } from './sizes'

describe('sizes', () => {
  it('says bytes as disks are sold', () => {
    expect(sizeText(0)).toBe('0 B')
    expect(sizeText(999)).toBe('999 B')
    expect(sizeText(6_900_000_000)).toBe('6.9 GB')
    expect(sizeText(960_000)).toBe('960 KB')
    expect(sizeText(2_500_000_000_000_000)).toBe('2500 TB')
  })
  it('writes a local day with dashes', () => {
    expect(dayText(20261122)).toBe('2026-11-22')
  })
  it('calls a month soon, and nothing known not', () => {
    const now = Date.UTC(2026, 10, 22)
    expect(endsSoon(now + 29 * 86_400_000, now)).toBe(true)
    expect(endsSoon(now + 31 * 86_400_000, now)).toBe(false)
    expect(endsSoon(null, now)).toBe(false)
  })
})
