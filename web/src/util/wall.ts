/* Wall time of the company's zone as a date picker holds it, whatever zone the computer is in. */
import { fieldsOf, fmtDate, fmtTime } from './format'

/** '2026-11-22 14:05' */
export function toWall(utcMs: number): string {
  return `${fmtDate(utcMs)} ${fmtTime(utcMs)}`
}

/** The instant of '2026-11-22 14:05' (or of a day alone, its start); null when it is neither. */
export function fromWall(wall: string): number | null {
  const m = /^(\d{4})-(\d{2})-(\d{2})(?: (\d{2}):(\d{2}))?$/.exec(wall)
  if (!m) return null
  const [y, mo, d, h, mi] = m.slice(1).map((n) => Number(n ?? 0))
  const guess = Date.UTC(y ?? 0, (mo ?? 1) - 1, d, h, mi)
  const f = fieldsOf(guess)
  return guess - (Date.UTC(f.year, f.month - 1, f.day, f.hour, f.minute) - guess)
}
