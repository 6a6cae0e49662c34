/* What the two channels of a recording say by themselves: who speaks when, long silences, interruptions.
 * Pure: works on the server's peaks (largest amplitude 0..255 of each step). Rules AR-01, AR-02 and AR-04. */
import type { Peaks } from '@/api/types'

export interface Stretch {
  from_ms: number
  to_ms: number
}

export type MarkKind = 'silence' | 'interruption' | 'hold' | 'rule'

export interface Mark extends Stretch {
  kind: MarkKind
  label: string
}

/** Speech is 9 dB above the channel's own noise floor, and never below about -36 dBFS peak. */
const OVER_FLOOR = 2.8
const LEAST_PEAK = 4
const MERGE_GAP_MS = 300
const SHORTEST_MS = 120
/** AR-01: a silence counts from two seconds on. */
export const SILENCE_MS = 2000
/** AR-04: the customer has spoken for 1 s, both speak for 0.8 s, the agent goes on for 1 s. */
const SPOKEN_MS = 1000
const OVERLAP_MS = 800

function noiseFloor(levels: number[]): number {
  if (levels.length === 0) return 0
  const sorted = [...levels].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 10)] ?? 0
}

/** The utterances of one channel: short gaps are bridged, clicks are dropped. */
export function utterances(levels: number[], step_ms: number): Stretch[] {
  const threshold = Math.max(noiseFloor(levels) * OVER_FLOOR, LEAST_PEAK)
  const found: Stretch[] = []
  levels.forEach((level, i) => {
    if (level <= threshold) return
    const from_ms = i * step_ms
    const last = found[found.length - 1]
    if (last && from_ms - last.to_ms < MERGE_GAP_MS) last.to_ms = from_ms + step_ms
    else found.push({ from_ms, to_ms: from_ms + step_ms })
  })
  return found.filter((u) => u.to_ms - u.from_ms >= SHORTEST_MS)
}

/** Where neither speaks for at least `least_ms`, within 0..ms. */
export function silences(peaks: Peaks, least_ms: number): Stretch[] {
  const spoken = [...utterances(peaks.customer, peaks.step_ms), ...utterances(peaks.agent, peaks.step_ms)]
  spoken.sort((a, b) => a.from_ms - b.from_ms)
  const quiet: Stretch[] = []
  let end = 0
  for (const u of spoken) {
    if (u.from_ms - end >= least_ms) quiet.push({ from_ms: end, to_ms: u.from_ms })
    end = Math.max(end, u.to_ms)
  }
  if (peaks.ms - end >= least_ms) quiet.push({ from_ms: end, to_ms: peaks.ms })
  return quiet
}

/** Where the agent talks over the customer; the stretch is the overlap. */
export function interruptions(peaks: Peaks): Stretch[] {
  const customer = utterances(peaks.customer, peaks.step_ms)
  const found: Stretch[] = []
  for (const a of utterances(peaks.agent, peaks.step_ms)) {
    const c = customer.find((u) => u.from_ms <= a.from_ms && a.from_ms < u.to_ms)
    if (!c || a.from_ms - c.from_ms < SPOKEN_MS || a.to_ms - a.from_ms < SPOKEN_MS) continue
    const to_ms = Math.min(a.to_ms, c.to_ms)
    if (to_ms - a.from_ms >= OVERLAP_MS) found.push({ from_ms: a.from_ms, to_ms })
  }
  return found
}

function outside(stretch: Stretch, holds: Stretch[]): Stretch[] {
  let parts = [stretch]
  for (const h of holds) {
    parts = parts.flatMap((p) => {
      if (h.to_ms <= p.from_ms || p.to_ms <= h.from_ms) return [p]
      return [
        { from_ms: p.from_ms, to_ms: h.from_ms },
        { from_ms: h.to_ms, to_ms: p.to_ms },
      ].filter((q) => q.to_ms > q.from_ms)
    })
  }
  return parts
}

/** Marks of a recording, in order of time. Music on hold is neither silence nor an interruption. */
export function marksOf(peaks: Peaks, holds: Stretch[]): Mark[] {
  const during = (s: Stretch) => holds.some((h) => h.from_ms < s.to_ms && s.from_ms < h.to_ms)
  const marks: Mark[] = [
    ...silences(peaks, SILENCE_MS)
      .flatMap((s) => outside(s, holds))
      .filter((s) => s.to_ms - s.from_ms >= SILENCE_MS)
      .map((s) => ({ ...s, kind: 'silence' as const, label: '' })),
    ...interruptions(peaks)
      .filter((s) => !during(s))
      .map((s) => ({ ...s, kind: 'interruption' as const, label: '' })),
    ...holds.map((s) => ({ ...s, kind: 'hold' as const, label: '' })),
  ]
  return marks.sort((a, b) => a.from_ms - b.from_ms)
}

export interface CallEvent {
  at_utc_ms: number
  kind: string
}

/** Hold stretches in recording time; a hold without a resume lasts to the end. */
export function holdsOf(events: CallEvent[], recording_utc_ms: number, ms: number): Stretch[] {
  const holds: Stretch[] = []
  let from: number | null = null
  for (const e of [...events].sort((a, b) => a.at_utc_ms - b.at_utc_ms)) {
    const at = Math.min(Math.max(e.at_utc_ms - recording_utc_ms, 0), ms)
    if (e.kind === 'hold') from ??= at
    if ((e.kind === 'resume' || e.kind === 'end') && from !== null) {
      if (at > from) holds.push({ from_ms: from, to_ms: at })
      from = null
    }
  }
  if (from !== null && from < ms) holds.push({ from_ms: from, to_ms: ms })
  return holds
}

/** The next mark an inspector wants to hear after `at_ms`; past the last one it starts over. */
export function nextHit(marks: Mark[], at_ms: number): Mark | undefined {
  const hits = marks.filter((m) => m.kind !== 'hold')
  return hits.find((m) => m.from_ms > at_ms + 250) ?? hits[0]
}
