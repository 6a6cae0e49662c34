import { describe, expect, it } from 'vitest'
import { blankTrunk, exampleNumber, trunkBody, trunkFields } from './trunk'

describe('a trunk', () => {
  it('keeps its secret unless a new one is typed', () => {
    expect(trunkBody(trunkFields({ id: '1', name: '主线路', user: 'u', registered: true }))).not.toHaveProperty(
      'secret',
    )
    expect(trunkBody({ ...blankTrunk(), secret: 'x' })).toHaveProperty('secret', 'x')
  })
  it('takes sources and codecs as people type them', () => {
    const body = trunkBody({ ...blankTrunk(), sources: '10.0.0.8，10.0.1.0/24', codecs: 'pcma pcmu' })
    expect(body['sources']).toEqual(['10.0.0.8', '10.0.1.0/24'])
    expect(body['codecs']).toEqual(['PCMA', 'PCMU'])
  })
  it('shows a number as the carrier gets it', () => {
    expect(exampleNumber('e164', '')).toBe('+8613800138000')
    expect(exampleNumber('zero_away', '9')).toBe('9013800138000')
  })
})
