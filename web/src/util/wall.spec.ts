import { describe, expect, it } from 'vitest'
import { fromWall, toWall } from './wall'

describe('wall time', () => {
  it("is the company's, and comes back as it went", () => {
    const utc = Date.UTC(2026, 10, 22, 6, 5)
    expect(toWall(utc)).toBe('2026-11-22 14:05')
    expect(fromWall('2026-11-22 14:05')).toBe(utc)
  })
  it('of a day alone is its start', () => {
    expect(fromWall('2026-11-22')).toBe(Date.UTC(2026, 10, 21, 16, 0))
  })
  it('refuses what is no time', () => {
    expect(fromWall('tomorrow')).toBeNull()
  })
})
