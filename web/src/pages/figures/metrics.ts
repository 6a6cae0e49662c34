/* The columns of the figures table: how a figure is written, what it divides, which calls stand behind it. Pure. */
import type { FigureRow } from '@/api/types'
import { fmtInt, fmtPct, fmtYuan } from '@/util/format'

export type MetricKey = Exclude<keyof FigureRow, 'key' | 'name' | 'job_no'>

export interface Metric {
  key: MetricKey
  kind: 'count' | 'rate' | 'time' | 'money'
  /** The `figure` whose calls are the rows behind this number; a rate opens its numerator. */
  opens: string | null
  /** A rate's numerator and denominator. */
  of?: [MetricKey, MetricKey]
  width_pct: number
}

export const METRICS: Metric[] = [
  { key: 'dialed', kind: 'count', opens: 'dialed', width_pct: 6.96 },
  { key: 'connected', kind: 'count', opens: 'connected', width_pct: 6.96 },
  { key: 'connect_rate_call_bp', kind: 'rate', opens: null, of: ['connected', 'dialed'], width_pct: 8.48 },
  { key: 'connect_rate_number_bp', kind: 'rate', opens: null, of: ['numbers_connected', 'numbers'], width_pct: 8.48 },
  { key: 'effective', kind: 'count', opens: 'effective', width_pct: 6.96 },
  { key: 'talk_ms', kind: 'time', opens: 'talk_ms', width_pct: 11.52 },
  { key: 'interested', kind: 'count', opens: 'interested', width_pct: 6.52 },
  { key: 'wechat', kind: 'count', opens: 'wechat', width_pct: 6.52 },
  { key: 'visits', kind: 'count', opens: 'visits', width_pct: 6.52 },
  { key: 'deals', kind: 'count', opens: 'deals', width_pct: 6.96 },
  { key: 'deal_fen', kind: 'money', opens: 'deal_fen', width_pct: 12.2 },
]

export function metric(key: MetricKey): Metric {
  const m = METRICS.find((x) => x.key === key)
  if (!m) throw new Error(`no metric ${key}`)
  return m
}

/** 26小时37分 from an hour on, 3分12秒 below. */
export function hours(ms: number, lang: string): string {
  const zh = lang.startsWith('zh')
  const s = Math.floor(ms / 1000)
  const h = Math.floor(s / 3600)
  const m = Math.floor(s / 60) % 60
  if (h > 0) return zh ? `${h}小时${String(m).padStart(2, '0')}分` : `${h}h ${String(m).padStart(2, '0')}m`
  const ss = String(s % 60).padStart(2, '0')
  return zh ? `${m}分${ss}秒` : `${m}m ${ss}s`
}

export function show(m: Metric, row: FigureRow, lang: string): string {
  const value = row[m.key]
  if (value === null || (m.of && row[m.of[1]] === 0)) return '–'
  if (m.kind === 'count') return fmtInt(value)
  if (m.kind === 'rate') return fmtPct(value)
  return m.kind === 'time' ? hours(value, lang) : fmtYuan(value)
}

/** The formula with the row's own numbers in it: `接通 ÷ 拨打 = 10,983 ÷ 29,750 = 36.9%`. */
export function worked(m: Metric, row: FigureRow, name: (key: MetricKey) => string, lang: string): string {
  if (!m.of) return `${name(m.key)} = ${show(m, row, lang)}`
  const [part, whole] = m.of
  return `${name(part)} ÷ ${name(whole)} = ${fmtInt(row[part])} ÷ ${fmtInt(row[whole])} = ${show(m, row, lang)}`
}

/** Rows by one column, largest first (or smallest), names break ties so that the order is stable. */
export function sorted(rows: FigureRow[], by: MetricKey | 'name' | 'job_no', descending: boolean): FigureRow[] {
  const sign = descending ? -1 : 1
  const of = (r: FigureRow) => (by === 'job_no' ? (r.job_no ?? '') : r[by])
  return [...rows].sort((a, b) => {
    const x = of(a)
    const y = of(b)
    const d = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'zh')
    return d !== 0 ? d * sign : (a.job_no ?? a.key).localeCompare(b.job_no ?? b.key)
  })
}
