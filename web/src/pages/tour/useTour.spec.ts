import { describe, expect, it } from 'vitest'
import { credentials, stepFrom } from './useTour'

const steps = ['board', 'desk', 'call', 'why', 'figures'].map((key) => ({ key, path: `/${key}` }))

describe('stepFrom', () => {
  it('passes over screens this person may not open', () => {
    expect(stepFrom(steps, 0, 1, (p) => p !== '/desk')).toBe(2)
    expect(stepFrom(steps, 2, -1, (p) => p !== '/desk')).toBe(0)
  })
  it('stays at the ends', () => {
    expect(stepFrom(steps, 4, 1, () => true)).toBe(4)
    expect(stepFrom(steps, 1, -1, () => false)).toBe(1)
  })
})

describe('credentials', () => {
  it('are a job number and a password after #', () => {
    expect(credentials('#1028:fa762b')).toEqual({ jobNo: '1028', password: 'fa762b' })
    expect(credentials('#1028:a:b')).toEqual({ jobNo: '1028', password: 'a:b' })
  })
  it('are nobody otherwise', () => {
    expect(credentials('')).toBeNull()
    expect(credentials('#1028')).toBeNull()
  })
})
