import { describe, expect, it } from 'vitest'
import {
  atClock,
  dayNumber,
  fmtDateTime,
  fmtDur,
  fmtDurShort,
  fmtHours,
  fmtPct,
  fmtScore,
  fmtWeekday,
  fmtYuan,
  instantOfWall,
  maskNumber,
  setFormatLang,
  wallDate,
} from './format'

// 2026-11-22 14:05:12 in Shanghai
const T = Date.UTC(2026, 10, 22, 6, 5, 12)

describe('format', () => {
  it('shows the time of the company, not of the computer', () => {
    expect(fmtDateTime(T)).toBe('11-22 14:05')
    expect(dayNumber(Date.UTC(2026, 10, 22, 16, 0))).toBe(20261123)
    expect(fmtWeekday(T)).toBe('周日')
  })
  it('writes durations as the floor does', () => {
    expect(fmtDur(192_000)).toBe('3分12秒')
    expect(fmtDur(9_900)).toBe('0分09秒')
    expect(fmtDur(6_720_000)).toBe('1小时52分')
    expect(fmtDur(-5)).toBe('0分00秒')
    expect(fmtDurShort(720_000)).toBe('12分')
    expect(fmtDurShort(10_800_000)).toBe('3小时')
  })
  it('never sums talk in days', () => {
    expect(fmtHours(129_600_000)).toBe('36小时')
    expect(fmtHours(78_360_000)).toBe('21小时46分')
    expect(fmtHours(1_980_000)).toBe('33分')
  })
  it('writes durations in English', () => {
    setFormatLang('en')
    expect(fmtDur(192_000)).toBe('3m12s')
    setFormatLang('zh-CN')
  })
  it('writes money from fen without floating point', () => {
    expect(fmtYuan(1_200_000)).toBe('¥12,000.00')
    expect(fmtYuan(5)).toBe('¥0.05')
    expect(fmtYuan(-360_001)).toBe('-¥3,600.01')
  })
  it('shows no share of nothing', () => {
    expect(fmtPct(null)).toBe('–')
    expect(fmtPct(3770)).toBe('37.7%')
  })
  it('keeps half and quarter points', () => {
    expect(fmtScore(850)).toBe('8.5')
    expect(fmtScore(875)).toBe('8.75')
    expect(fmtScore(1000)).toBe('10.0')
  })
  it('finds a wall clock time of a coming day', () => {
    expect(fmtDateTime(atClock(T, 1, 10))).toBe('11-23 10:00')
    expect(fmtDateTime(atClock(Date.UTC(2026, 10, 22, 17), 0, 9, 30))).toBe('11-23 09:30')
  })
  it("takes a picked time as the company's, whatever zone the browser is in", () => {
    expect(fmtDateTime(instantOfWall(new Date(2026, 10, 24, 18, 30)))).toBe('11-24 18:30')
    const minute = Math.floor(T / 60_000) * 60_000
    expect(instantOfWall(wallDate(T))).toBe(minute)
  })
  it('masks a number the server forgot to mask', () => {
    expect(maskNumber('13800138000')).toBe('138****8000')
    expect(maskNumber('138****8000')).toBe('138****8000')
    expect(maskNumber('95588')).toBe('*****')
  })
})
