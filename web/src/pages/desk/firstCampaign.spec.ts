import { describe, expect, it } from 'vitest'
import { firstCampaign } from './firstCampaign'

const hand = { id: '1', name: '手动', mode: 'manual' as const }
const look = { id: '2', name: '预览', mode: 'preview' as const }
const flow = { id: '3', name: '渐进', mode: 'progressive' as const }

describe('firstCampaign', () => {
  it('goes on with the last one', () => {
    expect(firstCampaign([hand, look, flow], '2')).toBe('2')
  })
  it('takes one that brings customers by itself', () => {
    expect(firstCampaign([hand, look, flow], '9')).toBe('3')
  })
  it('takes the only one, and leaves a real choice to the agent', () => {
    expect(firstCampaign([hand], null)).toBe('1')
    expect(firstCampaign([hand, look], null)).toBeNull()
    expect(firstCampaign([], null)).toBeNull()
  })
})
