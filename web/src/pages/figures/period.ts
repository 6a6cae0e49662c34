/* Days, weeks and months of the figures page, as local yyyymmdd numbers; no clock and no zone in here. */

export type Period = 'day' | 'week' | 'month'

function toDate(day: number): Date {
  return new Date(Date.UTC(Math.floor(day / 10000), (Math.floor(day / 100) % 100) - 1, day % 100))
}

function toDay(d: Date): number {
  return d.getUTCFullYear() * 10000 + (d.getUTCMonth() + 1) * 100 + d.getUTCDate()
}

export function addDays(day: number, n: number): number {
  const d = toDate(day)
  d.setUTCDate(d.getUTCDate() + n)
  return toDay(d)
}

/** 1 = Monday .. 7 = Sunday. */
export function weekday(day: number): number {
  return toDate(day).getUTCDay() || 7
}

/** First and last day of the period that holds `day`. */
export function spanOf(period: Period, day: number): { from: number; to: number } {
  if (period === 'day') return { from: day, to: day }
  if (period === 'week') {
    const from = addDays(day, 1 - weekday(day))
    return { from, to: addDays(from, 6) }
  }
  const d = toDate(day)
  return {
    from: toDay(new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), 1))),
    to: toDay(new Date(Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + 1, 0))),
  }
}

/** A day inside the previous (-1) or next (+1) period. */
export function shift(period: Period, day: number, by: -1 | 1): number {
  const { from, to } = spanOf(period, day)
  return by < 0 ? addDays(from, -1) : addDays(to, 1)
}

const dd = (day: number) => String(day % 100).padStart(2, '0')
const mm = (day: number) => String(Math.floor(day / 100) % 100).padStart(2, '0')

export function monthDay(day: number): string {
  return `${mm(day)}-${dd(day)}`
}

export function isoDay(day: number): string {
  return `${Math.floor(day / 10000)}-${monthDay(day)}`
}

const WEEKDAY_ZH = ['', '一', '二', '三', '四', '五', '六', '日']
const WEEKDAY_EN = ['', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** What stands between the arrows: `2026-11（1–24 日）`, `11-16 – 11-22`, `2026-11-22 周日`; cut at `today`. */
export function periodLabel(period: Period, day: number, today: number, lang: string): string {
  const zh = lang.startsWith('zh')
  const { from, to } = spanOf(period, day)
  const last = Math.min(to, Math.max(today, from))
  if (period === 'day') return `${isoDay(day)} ${zh ? '周' + WEEKDAY_ZH[weekday(day)] : WEEKDAY_EN[weekday(day)]}`
  if (period === 'week') return `${monthDay(from)} – ${monthDay(last)}`
  const month = `${Math.floor(from / 10000)}-${mm(from)}`
  return zh ? `${month}（${from % 100}–${last % 100} 日）` : `${month} (${from % 100}–${last % 100})`
}

/** The short name in a drawer's head: 11月, 11-16 – 11-22, 11-22. */
export function periodShort(period: Period, day: number, lang: string): string {
  const { from, to } = spanOf(period, day)
  if (period === 'day') return monthDay(day)
  if (period === 'week') return `${monthDay(from)} – ${monthDay(to)}`
  return lang.startsWith('zh') ? `${Number(mm(from))}月` : `${Math.floor(from / 10000)}-${mm(from)}`
}
