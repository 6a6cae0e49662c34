import { describe, expect, it } from 'vitest'
import { reasonGroup } from './reasons'

describe('reasonGroup', () => {
  it('finds the rule behind a code, however it is spelled', () => {
    expect(reasonGroup('E_GATE_CONSENT_NONE')).toBe('consent')
    expect(reasonGroup('gate_callee_days')).toBe('often')
    expect(reasonGroup('E_GATE_ABROAD')).toBe('number')
  })
  it('leaves results and outcomes alone', () => {
    expect(reasonGroup('no_answer')).toBeNull()
    expect(reasonGroup('')).toBeNull()
    expect(reasonGroup('max_attempts')).toBe('max_attempts')
  })
})
