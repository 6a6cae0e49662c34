import type { Peaks } from '@/api/types'
import { describe, expect, it } from 'vitest'
import { holdsOf, interruptions, marksOf, nextHit, silences, utterances } from './marks'

const STEP = 100

/** A channel of `seconds` where the given stretches (in seconds) are speech. */
function channel(seconds: number, ...speech: [number, number][]): number[] {
  return Array.from({ length: seconds * 10 }, (_, i) => (speech.some(([a, b]) => i >= a * 10 && i < b * 10) ? 120 : 1))
}

function peaks(seconds: number, customer: [number, number][], agent: [number, number][]): Peaks {
  return {
    ms: seconds * 1000,
    step_ms: STEP,
    customer: channel(seconds, ...customer),
    agent: channel(seconds, ...agent),
  }
}

describe('utterances', () => {
  it('bridges a breath and drops a click', () => {
    expect(utterances(channel(10, [1, 2], [2.2, 3], [6, 6.1]), STEP)).toEqual([{ from_ms: 1000, to_ms: 3000 }])
  })
  it('measures speech against the noise of its own line', () => {
    const noisy = channel(10, [4, 6]).map((l) => (l === 1 ? 30 : l))
    expect(utterances(noisy, STEP)).toEqual([{ from_ms: 4000, to_ms: 6000 }])
  })
})

describe('silences', () => {
  it('needs both to be quiet for two seconds', () => {
    const p = peaks(
      20,
      [
        [0, 5],
        [16, 20],
      ],
      [
        [4, 9],
        [12, 13],
      ],
    )
    expect(silences(p, 2000)).toEqual([
      { from_ms: 9000, to_ms: 12000 },
      { from_ms: 13000, to_ms: 16000 },
    ])
  })
  it('of an empty recording is the whole of it', () => {
    expect(silences(peaks(5, [], []), 2000)).toEqual([{ from_ms: 0, to_ms: 5000 }])
  })
})

describe('interruptions', () => {
  it('are the agent talking over a customer who has spoken for a second', () => {
    expect(interruptions(peaks(20, [[1, 6]], [[4, 9]]))).toEqual([{ from_ms: 4000, to_ms: 6000 }])
  })
  it('are not a short 嗯, nor an answer that starts as the customer starts', () => {
    expect(interruptions(peaks(20, [[1, 6]], [[4, 4.5]]))).toEqual([])
    expect(interruptions(peaks(20, [[1, 6]], [[1.5, 5]]))).toEqual([])
  })
})

describe('marksOf', () => {
  it('takes hold music out of the silence around it', () => {
    const p = peaks(
      30,
      [
        [0, 5],
        [28, 30],
      ],
      [[2, 6]],
    )
    const marks = marksOf(p, [{ from_ms: 10000, to_ms: 20000 }])
    expect(marks.map((m) => [m.kind, m.from_ms, m.to_ms])).toEqual([
      ['interruption', 2000, 5000],
      ['silence', 6000, 10000],
      ['hold', 10000, 20000],
      ['silence', 20000, 28000],
    ])
  })
})

describe('holdsOf', () => {
  it('closes an open hold at the end of the recording', () => {
    const events = [
      { at_utc_ms: 1_005_000, kind: 'hold' },
      { at_utc_ms: 1_018_000, kind: 'resume' },
      { at_utc_ms: 1_050_000, kind: 'hold' },
    ]
    expect(holdsOf(events, 1_000_000, 60_000)).toEqual([
      { from_ms: 5000, to_ms: 18000 },
      { from_ms: 50000, to_ms: 60000 },
    ])
  })
})

describe('nextHit', () => {
  it('goes round and passes over hold', () => {
    const marks = marksOf(peaks(30, [[0, 5]], [[3, 12]]), [{ from_ms: 12000, to_ms: 14000 }])
    expect(nextHit(marks, 0)?.kind).toBe('interruption')
    expect(nextHit(marks, 3000)?.kind).toBe('silence')
    expect(nextHit(marks, 29_900)?.kind).toBe('interruption')
    expect(nextHit([], 0)).toBeUndefined()
  })
})
