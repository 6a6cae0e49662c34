/* The microphone's level as 14 lamps and one word. */

export const LAMPS = 14

export type LevelWord = 'silent' | 'low' | 'ok' | 'loud'

/** Root mean square of samples in -1..1, in dBFS; silence is -100. */
export function dbfs(samples: Float32Array): number {
  let sum = 0
  for (const s of samples) sum += s * s
  const rms = Math.sqrt(sum / Math.max(1, samples.length))
  return rms > 1e-5 ? 20 * Math.log10(rms) : -100
}

/** -54 dBFS lights the first lamp, -2 the last: speech at a headset sits between -30 and -15. */
export function lampsOf(db: number): number {
  return Math.max(0, Math.min(LAMPS, Math.round(((db + 56) / 54) * LAMPS)))
}

/** The word follows the loudest moment of the last seconds, else it would flicker with every breath. */
export function wordOf(peakDb: number): LevelWord {
  if (peakDb < -60) return 'silent'
  if (peakDb < -40) return 'low'
  return peakDb > -4 ? 'loud' : 'ok'
}

/** Keeps the loudest level for `holdMs`. */
export class PeakHold {
  private peak = -100
  private at = -Infinity

  constructor(private readonly holdMs = 3000) {}

  push(db: number, nowMs: number): number {
    if (db >= this.peak || nowMs - this.at > this.holdMs) {
      this.peak = db
      this.at = nowMs
    }
    return this.peak
  }
}
