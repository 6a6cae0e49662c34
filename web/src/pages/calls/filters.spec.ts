import { describe, expect, it } from 'vitest'
import { CALL_FILTERS, callQuery } from './filters'

describe('callQuery', () => {
  it('counts today as the first of seven days', () => {
    const now = Date.UTC(2026, 10, 3, 6, 5)
    const from = Date.UTC(2026, 9, 27, 16, 0)
    expect(callQuery(CALL_FILTERS, now)).toEqual({ page: '1', size: 50, from })
  })
  it('lets a figure bring its own days', () => {
    const f = { ...CALL_FILTERS, figure: 'interested', period: 'month', date: '20261124', agent_id: '71011' }
    expect(callQuery(f, 0)).toEqual({
      page: '1',
      size: 50,
      figure: 'interested',
      period: 'month',
      date: '20261124',
      agent_id: '71011',
    })
  })
  it('asks for talk time in milliseconds', () => {
    expect(callQuery({ ...CALL_FILTERS, days: 'all', min_talk_s: '60' }, 0)['min_talk_ms']).toBe(60_000)
  })
})
