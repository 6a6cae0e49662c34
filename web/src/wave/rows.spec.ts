import { describe, expect, it } from 'vitest'
import { rowsOf } from './rows'

const line = (at_ms: number, end_ms: number, side: 'agent' | 'customer', text: string) => ({
  at_ms,
  end_ms,
  side,
  text,
})

describe('rowsOf', () => {
  it('puts hold and the silence after it on one line between the speakers', () => {
    const rows = rowsOf(
      [line(0, 4000, 'agent', '您好'), line(40_000, 42_000, 'customer', '喂')],
      [
        { kind: 'hold', from_ms: 5000, to_ms: 18_000, label: '' },
        { kind: 'silence', from_ms: 18_000, to_ms: 26_000, label: '' },
        { kind: 'silence', from_ms: 30_000, to_ms: 33_000, label: '' },
      ],
    )
    expect(rows.map((r) => r.side)).toEqual(['agent', null, 'customer'])
    expect(rows[1]?.pauses).toEqual([
      { kind: 'hold', ms: 13_000 },
      { kind: 'silence', ms: 8000 },
    ])
  })
  it('marks the agent line that cut the customer off, not the customer', () => {
    const rows = rowsOf(
      [line(0, 9000, 'customer', '我担心'), line(8000, 12_000, 'agent', '您放心')],
      [{ kind: 'interruption', from_ms: 8000, to_ms: 9000, label: '' }],
    )
    expect(rows.map((r) => r.isInterruption)).toEqual([false, true])
  })
})
