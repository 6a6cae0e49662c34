/* Lines of a transcript with the pauses between them. Pure. */
import type { Transcript } from '@/api/types'
import type { Mark } from './marks'

export interface Row {
  at_ms: number
  side: 'agent' | 'customer' | null
  text: string
  isInterruption: boolean
  pauses: { kind: 'silence' | 'hold'; ms: number }[]
}

/** A pause is worth a line of its own from five seconds on; hold always is. */
const SILENCE_LINE_MS = 5000

/** Spoken lines in order; neighbouring silence and hold share one line without a speaker. */
export function rowsOf(lines: Transcript['lines'], marks: Mark[]): Row[] {
  const cuts = marks.filter((m) => m.kind === 'interruption')
  const rows: Row[] = lines.map((l) => ({
    at_ms: l.at_ms,
    side: l.side,
    text: l.text,
    isInterruption: l.side === 'agent' && cuts.some((c) => c.from_ms >= l.at_ms - 500 && c.from_ms < l.end_ms),
    pauses: [],
  }))
  for (const m of marks) {
    if (m.kind !== 'hold' && (m.kind !== 'silence' || m.to_ms - m.from_ms < SILENCE_LINE_MS)) continue
    rows.push({
      at_ms: m.from_ms,
      side: null,
      text: '',
      isInterruption: false,
      pauses: [{ kind: m.kind, ms: m.to_ms - m.from_ms }],
    })
  }
  rows.sort((a, b) => a.at_ms - b.at_ms || (a.side === null ? 1 : 0) - (b.side === null ? 1 : 0))
  return rows.reduce<Row[]>((merged, r) => {
    const last = merged[merged.length - 1]
    if (r.side === null && last?.side === null) last.pauses.push(...r.pauses)
    else merged.push(r)
    return merged
  }, [])
}
