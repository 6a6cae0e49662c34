/* What the data takes, as people say it. */

export interface SizesDay {
  day: number
  recordings: number
  bytes: number
  talk_ms: number
}

export interface Sizes {
  now_utc_ms: number
  database_bytes: number
  recordings: number
  recording_bytes: number
  today_recordings: number
  today_bytes: number
  day_bytes: number | null
  minute_bytes: number | null
  free_bytes: number
  days_left: number | null
  backup_utc_ms: number | null
  backup_has_files: boolean
  certificate_end_utc_ms: number | null
  days: SizesDay[]
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB']

/** 6900000000 is '6.9 GB': decimal, as disks are sold. */
export function sizeText(bytes: number): string {
  let n = bytes
  let unit = 0
  while (n >= 1000 && unit < UNITS.length - 1) {
    n /= 1000
    unit++
  }
  const digits = unit === 0 || n >= 100 ? 0 : 1
  return `${n.toFixed(digits)} ${UNITS[unit] ?? ''}`
}

/** 20261122 is '2026-11-22'. */
export function dayText(day: number): string {
  const s = String(day)
  return `${s.slice(0, 4)}-${s.slice(4, 6)}-${s.slice(6)}`
}

/** A disk that lasts less than a month, and a certificate that ends within one, want somebody to act. */
export const FEW_DAYS = 30
export function endsSoon(endUtcMs: number | null, nowUtcMs: number): boolean {
  return endUtcMs !== null && endUtcMs - nowUtcMs < FEW_DAYS * 86_400_000
}
