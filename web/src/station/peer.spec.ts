import { describe, expect, it } from 'vitest'
import { preferTelephone } from './peer'

describe('peer', () => {
  it('offers A-law first and loses no codec', () => {
    const names = ['audio/opus', 'audio/red', 'audio/PCMU', 'audio/PCMA', 'audio/telephone-event']
    const sorted = preferTelephone(names.map((mimeType) => ({ mimeType }))).map((c) => c.mimeType)
    expect(sorted).toEqual(['audio/PCMA', 'audio/PCMU', 'audio/opus', 'audio/red', 'audio/telephone-event'])
  })
})
