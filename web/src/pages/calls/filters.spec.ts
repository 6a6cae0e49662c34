import { describe, expect, it } from 'vitest'
import { CALL_FILTERS, callQuery } from './filters'

describe('callQuery', () => {
  it('counts today as the first of seven days', () => {
    expect(callQuery(CALL_FILTERS, 20261103)).toEqual({ page: '1', size: 50, from: 20261028, to: 20261103 })
  })
  it('lets a figure bring its own days', () => {
    const f = { ...CALL_FILTERS, figure: 'interested', period: 'month', date: '20261124', agent_id: '71011' }
    expect(callQuery(f, 20261124)).toEqual({
      page: '1',
      size: 50,
      figure: 'interested',
      period: 'month',
      date: '20261124',
      agent_id: '71011',
    })
  })
  it('asks for talk time in milliseconds', () => {
    expect(callQuery({ ...CALL_FILTERS, days: 'all', min_talk_s: '60' }, 20261124)['min_talk_ms']).toBe(60_000)
  })
})
