/* Pure decisions of the player: speeds, what to skip, how times read. */
import type { Stretch } from './marks'

export const RATES = [0.75, 1, 1.5, 2, 3] as const
export type Rate = (typeof RATES)[number]

/** The next slower (-1) or faster (+1) speed; the ends stay. */
export function stepRate(rate: number, by: -1 | 1): Rate {
  const at = RATES.findIndex((r) => r >= rate)
  const from = at < 0 ? RATES.length - 1 : at
  return RATES[Math.min(Math.max(from + by, 0), RATES.length - 1)] ?? 1
}

/** Silences shorter than this are the rhythm of speech and stay audible. */
export const SKIP_LEAST_MS = 800
const LEAD_IN_MS = 200
const LEAD_OUT_MS = 150

/** Where to jump when playing at `at_ms` with skip silence on; null: nothing to skip here.
 *  A little of each silence stays, so that a jump is heard as a pause. */
export function skipTo(at_ms: number, quiet: Stretch[]): number | null {
  for (const q of quiet) {
    if (q.to_ms - q.from_ms < SKIP_LEAST_MS) continue
    const to = q.to_ms - LEAD_OUT_MS
    if (at_ms >= q.from_ms + LEAD_IN_MS && at_ms < to) return to
  }
  return null
}

/** 1:28, or 1:02:03 from an hour on. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const mm = Math.floor(s / 60) % 60
  const ss = String(s % 60).padStart(2, '0')
  const hh = Math.floor(s / 3600)
  return hh > 0 ? `${hh}:${String(mm).padStart(2, '0')}:${ss}` : `${mm}:${ss}`
}

/** Distance of the ruler's labels: the smallest that leaves `least_px` between two. */
export function rulerStep(ms: number, width_px: number, least_px: number): number {
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800].map((s) => s * 1000)
  return steps.find((s) => (s / Math.max(ms, 1)) * width_px >= least_px) ?? 3_600_000
}

/** The stretch between two pointer positions, ordered and inside the recording; null: a click. */
export function dragStretch(a_px: number, b_px: number, width_px: number, ms: number): Stretch | null {
  if (Math.abs(a_px - b_px) < 4 || width_px <= 0) return null
  const at = (x: number) => Math.round((Math.min(Math.max(x, 0), width_px) / width_px) * ms)
  return { from_ms: at(Math.min(a_px, b_px)), to_ms: at(Math.max(a_px, b_px)) }
}
