import { describe, expect, it } from 'vitest'
import type { FigureRow } from '@/api/types'
import { hours, METRICS, metric, show, sorted, worked } from './metrics'
import { addDays, periodLabel, periodShort, shift, spanOf, weekday } from './period'

const row: FigureRow = {
  key: '1',
  name: '合计',
  job_no: null,
  dialed: 29750,
  connected: 10983,
  connect_rate_call_bp: 3692,
  numbers: 21120,
  numbers_connected: 9444,
  connect_rate_number_bp: 4471,
  effective: 6747,
  talk_ms: ((334 * 60 + 24) * 60 + 10) * 1000,
  interested: 696,
  wechat: 338,
  visits: 104,
  deals: 44,
  deal_fen: 47880000,
}

const names: Record<string, string> = {
  dialed: '拨打',
  connected: '接通',
  numbers: '号码',
  numbers_connected: '接通号码',
}

describe('figures are written as the floor writes them', () => {
  it('counts, rates, times and money', () => {
    expect(METRICS.map((m) => show(m, row, 'zh'))).toEqual([
      '29,750',
      '10,983',
      '36.9%',
      '44.7%',
      '6,747',
      '334小时24分',
      '696',
      '338',
      '104',
      '44',
      '¥478,800.00',
    ])
  })
  it('below an hour by minutes and seconds, in both languages', () => {
    expect(hours(192_000, 'zh')).toBe('3分12秒')
    expect(hours(95_820_000, 'en')).toBe('26h 37m')
  })
  it('shows a dash, not 0 %, where nothing was dialed', () => {
    expect(show(metric('connect_rate_call_bp'), { ...row, dialed: 0, connect_rate_call_bp: 0 }, 'zh')).toBe('–')
  })
})

describe('the formula', () => {
  it('holds the real numbers', () => {
    const name = (k: string) => names[k] ?? k
    expect(worked(metric('connect_rate_call_bp'), row, name, 'zh')).toBe('接通 ÷ 拨打 = 10,983 ÷ 29,750 = 36.9%')
  })
})

describe('sorted', () => {
  it('breaks ties by job number', () => {
    const r = (job_no: string, deals: number) => ({ ...row, key: job_no, job_no, deals })
    expect(sorted([r('1025', 3), r('1023', 5), r('1007', 3)], 'deals', true).map((x) => x.job_no)).toEqual([
      '1023',
      '1007',
      '1025',
    ])
  })
})

describe('periods', () => {
  it('a week runs from Monday to Sunday, also over the turn of the year', () => {
    expect(weekday(20261122)).toBe(7)
    expect(spanOf('week', 20261122)).toEqual({ from: 20261116, to: 20261122 })
    expect(spanOf('week', 20270101)).toEqual({ from: 20261228, to: 20270103 })
  })
  it('a month knows its length', () => {
    expect(spanOf('month', 20280215)).toEqual({ from: 20280201, to: 20280229 })
    expect(addDays(20261130, 1)).toBe(20261201)
  })
  it('goes one period on and back', () => {
    expect(spanOf('month', shift('month', 20261122, -1)).from).toBe(20261001)
    expect(shift('day', 20261130, 1)).toBe(20261201)
    expect(spanOf('week', shift('week', 20261122, 1)).from).toBe(20261123)
  })
  it('says how far the running period has come', () => {
    expect(periodLabel('month', 20261103, 20261124, 'zh')).toBe('2026-11（1–24 日）')
    expect(periodLabel('month', 20261003, 20261124, 'en')).toBe('2026-10 (1–31)')
    expect(periodLabel('week', 20261118, 20261119, 'zh')).toBe('11-16 – 11-19')
    expect(periodLabel('day', 20261122, 20261122, 'zh')).toBe('2026-11-22 周日')
    expect(periodShort('month', 20261103, 'zh')).toBe('11月')
  })
})
