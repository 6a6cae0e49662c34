import { describe, expect, it } from 'vitest'
import { stepFrom } from './useTour'

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
