import { describe, expect, it } from 'vitest'
import { pairOf, StallWatch } from './stall'

describe('stall', () => {
  it('trusts a pair that still answers, also without any voice', () => {
    const w = new StallWatch()
    for (let t = 0; t < 60_000; t += 2500) expect(w.push({ received: t, sent: t / 2500 }, t)).toBe(false)
  })
  it('gives a silent pair up within 4 s when its checks go unanswered', () => {
    const w = new StallWatch()
    w.push({ received: 5000, sent: 10 }, 0)
    let at = 0
    for (let t = 500; t <= 6000 && !at; t += 500)
      if (w.push({ received: 5000, sent: 10 + Math.max(0, Math.floor((t - 2500) / 480)) }, t)) at = t
    expect(at).toBeGreaterThan(2500)
    expect(at).toBeLessThanOrEqual(4500)
  })
  it('does not take a quiet moment between two checks for a loss', () => {
    const w = new StallWatch()
    w.push({ received: 5000, sent: 10 }, 0)
    expect(w.push({ received: 5000, sent: 11 }, 4000)).toBe(false)
  })
  it('reads the pair in use', () => {
    const stats = [
      { type: 'transport', id: 'T', selectedCandidatePairId: 'P2' },
      { type: 'candidate-pair', id: 'P1', bytesReceived: 9 },
      { type: 'candidate-pair', id: 'P2', bytesReceived: 100, responsesReceived: 2, requestsSent: 3 },
    ]
    expect(pairOf(stats)).toEqual({ received: 102, sent: 3 })
    expect(pairOf([])).toBe(null)
  })
})
