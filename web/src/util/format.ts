/* How the floor writes times, durations, money and shares. Everything is shown in the company's zone, whatever the
 * zone of the computer in front of the agent. */

import { shallowRef } from 'vue'

export type Lang = 'zh-CN' | 'en'

let zone = 'Asia/Shanghai'
/** a ref, so that what is already on the page follows a change of language */
const lang = shallowRef<Lang>('zh-CN')

export function setFormatZone(name: string): void {
  zone = name
  fieldsOf.cache = null
}

export function setFormatLang(name: Lang): void {
  lang.value = name
}

interface DateFields {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  /** 0 = Sunday */
  weekday: number
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** The calendar fields of an instant in the company's zone. */
export function fieldsOf(utcMs: number): DateFields {
  fieldsOf.cache ??= new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    weekday: 'short',
  })
  const part: Record<string, string> = {}
  for (const p of fieldsOf.cache.formatToParts(utcMs)) part[p.type] = p.value
  const n = (key: string) => Number(part[key] ?? 0)
  return {
    year: n('year'),
    month: n('month'),
    day: n('day'),
    hour: n('hour'),
    minute: n('minute'),
    second: n('second'),
    weekday: WEEKDAYS.indexOf(part['weekday'] ?? ''),
  }
}
fieldsOf.cache = null as Intl.DateTimeFormat | null

const p2 = (n: number) => String(n).padStart(2, '0')

/** '11-22' */
export function fmtDay(utcMs: number): string {
  const f = fieldsOf(utcMs)
  return `${p2(f.month)}-${p2(f.day)}`
}

/** '2026-11-22' */
export function fmtDate(utcMs: number): string {
  return `${fieldsOf(utcMs).year}-${fmtDay(utcMs)}`
}

/** '14:05' */
export function fmtTime(utcMs: number): string {
  const f = fieldsOf(utcMs)
  return `${p2(f.hour)}:${p2(f.minute)}`
}

/** '14:05:12' */
export function fmtTimeSec(utcMs: number): string {
  return `${fmtTime(utcMs)}:${p2(fieldsOf(utcMs).second)}`
}

/** '11-22 14:05' */
export function fmtDateTime(utcMs: number | null | undefined): string {
  return utcMs === null || utcMs === undefined ? '' : `${fmtDay(utcMs)} ${fmtTime(utcMs)}`
}

/** 20261122, the form the API takes for a day */
export function dayNumber(utcMs: number): number {
  const f = fieldsOf(utcMs)
  return f.year * 10000 + f.month * 100 + f.day
}

/** '周二' / 'Tue' */
export function fmtWeekday(utcMs: number): string {
  const i = fieldsOf(utcMs).weekday
  return lang.value === 'en' ? (WEEKDAYS[i] ?? '') : `周${'日一二三四五六'[i] ?? ''}`
}

/** The instant at which the company's clocks show these fields (days and hours may overflow as in Date.UTC). */
function instantAt(year: number, month: number, day: number, hour: number, minute: number): number {
  // The guess is the wall time read as UTC; the zone's offset at that guess corrects it (exact outside a clock change).
  const guess = Date.UTC(year, month - 1, day, hour, minute)
  const g = fieldsOf(guess)
  return guess - (Date.UTC(g.year, g.month - 1, g.day, g.hour, g.minute, g.second) - guess)
}

/** A clock time of the day `days` after the day of `utcMs`, in the company's zone. */
export function atClock(utcMs: number, days: number, hour: number, minute = 0): number {
  const f = fieldsOf(utcMs)
  return instantAt(f.year, f.month, f.day + days, hour, minute)
}

/** For a date picker, which thinks in the browser's zone: a Date whose local fields are the company's. */
export function wallDate(utcMs: number): Date {
  const f = fieldsOf(utcMs)
  return new Date(f.year, f.month - 1, f.day, f.hour, f.minute)
}

/** The way back from a picker's Date. */
export function instantOfWall(d: Date): number {
  return instantAt(d.getFullYear(), d.getMonth() + 1, d.getDate(), d.getHours(), d.getMinutes())
}

export interface DurPart {
  n: string
  u: string
}

const UNITS = { 'zh-CN': { h: '小时', m: '分', s: '秒', d: '天' }, en: { h: 'h', m: 'm', s: 's', d: 'd' } } as const

/** A duration as number and unit pairs, for clocks whose units are set smaller. Below an hour: minutes and seconds. */
export function durParts(ms: number): DurPart[] {
  const u = UNITS[lang.value]
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 3600)
    return [
      { n: String(Math.floor(s / 60)), u: u.m },
      { n: p2(s % 60), u: u.s },
    ]
  const m = Math.floor(s / 60)
  if (m < 48 * 60)
    return [
      { n: String(Math.floor(m / 60)), u: u.h },
      { n: p2(m % 60), u: u.m },
    ]
  return [
    { n: String(Math.floor(m / 1440)), u: u.d },
    { n: String(Math.floor((m % 1440) / 60)), u: u.h },
  ]
}

/** '3分12秒', '1小时52分'; English '3m12s' */
export function fmtDur(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return ''
  return durParts(ms)
    .map((p) => p.n + p.u)
    .join('')
}

/** '12分', '18秒', '3小时': one rounded-down unit, for lateness and limits */
export function fmtDurShort(ms: number): string {
  const u = UNITS[lang.value]
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return `${s}${u.s}`
  if (s < 3600) return `${Math.floor(s / 60)}${u.m}`
  if (s < 86400) {
    const m = Math.floor((s % 3600) / 60)
    return `${Math.floor(s / 3600)}${u.h}${m ? m + u.m : ''}`
  }
  return `${Math.floor(s / 86400)}${u.d}`
}

/** '36小时', '21小时46分', '33分': sums of talk, never in days */
export function fmtHours(ms: number): string {
  const u = UNITS[lang.value]
  const m = Math.max(0, Math.floor(ms / 60_000))
  if (m < 60) return `${m}${u.m}`
  return `${Math.floor(m / 60)}${u.h}${m % 60 ? (m % 60) + u.m : ''}`
}

/** '1:28', position in a recording */
export function fmtPos(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  return `${Math.floor(s / 60)}:${p2(s % 60)}`
}

const INT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** '1,261' */
export function fmtInt(n: number | null | undefined): string {
  return n === null || n === undefined ? '' : INT.format(n)
}

/** '¥12,000.00' from fen; a minus sign stands before the ¥ */
export function fmtYuan(fen: number | null | undefined): string {
  if (fen === null || fen === undefined) return ''
  const abs = Math.abs(fen)
  return `${fen < 0 ? '-' : ''}¥${INT.format(Math.floor(abs / 100))}.${p2(abs % 100)}`
}

/** '37.7%' from basis points; nothing divided by nothing is a dash */
export function fmtPct(bp: number | null | undefined, digits = 1): string {
  return bp === null || bp === undefined ? '–' : `${(bp / 100).toFixed(digits)}%`
}

/** '8.5' from hundredths of a point */
export function fmtScore(centi: number | null | undefined): string {
  if (centi === null || centi === undefined) return ''
  return centi % 100 === 0 || centi % 10 === 0 ? (centi / 100).toFixed(1) : (centi / 100).toFixed(2)
}

/** '138****8000': any digits that could complete a number are hidden, whatever the server sent */
export function maskNumber(number: string): string {
  if (number.includes('*')) return number
  const digits = number.replace(/\s/g, '')
  if (digits.length < 7) return '*'.repeat(digits.length)
  return `${digits.slice(0, 3)}****${digits.slice(-4)}`
}
