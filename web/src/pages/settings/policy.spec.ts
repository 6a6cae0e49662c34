import { describe, expect, it } from 'vitest'
import { parseWindows, policyWords, spanText, type PolicyBody } from './policy'

const say = (key: string, named: Record<string, unknown> = {}) =>
  [key.replace('settings.policy.', ''), ...Object.values(named)].join(' ')

const policy: PolicyBody = {
  hours: {
    workday: [
      ['09:00', '12:00'],
      ['14:00', '20:30'],
    ],
    weekend: [['09:00', '12:00']],
    holiday: [],
  },
  outer: ['09:00', '21:00'],
  shift: [{ province: '新疆', minutes: 120 }],
  callee: [
    { n: 3, per_s: 86400 },
    { n: 1, per_s: 3600, answered: true },
  ],
  consent: { required: true, max_age_days: 365 },
}

describe('policyWords', () => {
  it('says each rule in a sentence', () => {
    expect(policyWords(policy, say)).toEqual([
      'workday 09:00–12:00、14:00–20:30',
      'weekend 09:00–12:00',
      'holiday noCalls',
      'outer 09:00–21:00',
      'shifted 新疆 120',
      'cap 3 days 1',
      'capAnswered 1 hours 1',
      'consentDays 365',
    ])
  })
  it('says when no consent is asked for', () => {
    expect(policyWords({ ...policy, consent: { required: false } }, say)).toContain('noConsent')
  })
  it('uses the largest unit', () => {
    expect([60, 604800, 90].map((s) => spanText(s, say))).toEqual(['minutes 1', 'days 7', 'seconds 90'])
  })
})

describe('parseWindows', () => {
  it('takes hours as people type them and puts them in order', () => {
    expect(parseWindows('14:00–20:30，9:00-12:00')).toEqual([
      ['09:00', '12:00'],
      ['14:00', '20:30'],
    ])
    expect(parseWindows('')).toEqual([])
  })
  it('refuses what overlaps, runs backwards or is no time', () => {
    expect(parseWindows('09:00-12:00 11:00-13:00')).toBeNull()
    expect(parseWindows('12:00-09:00')).toBeNull()
    expect(parseWindows('9-12')).toBeNull()
    expect(parseWindows('09:00-24:30')).toBeNull()
  })
})
