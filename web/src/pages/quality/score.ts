/* Score arithmetic of the bench, in hundredths of a point. Mirrors the server, which has the last word at saving. */

import type { Scorecard } from '@/api/types'

export type FormItem = Scorecard['sections'][number]['items'][number]

export interface Deduction {
  deduct_centi: number
  from_ms: number | null
  to_ms: number | null
  remark: string
}

export type Deductions = Record<string, Deduction>

export interface Score {
  score_centi: number
  max_centi: number
  pass_centi: number
  verdict: 'pass' | 'fail'
  short_by_centi: number
  taken_centi: number
}

export function itemsOf(form: Scorecard): FormItem[] {
  return form.sections.flatMap((s) => s.items)
}

/** Full marks less what was taken, never below 0; a fatal item makes it 0 and failed. */
export function scoreOf(form: Scorecard, deductions: Deductions, fatal: string[]): Score {
  const taken_centi = itemsOf(form).reduce((sum, i) => sum + (deductions[i.key]?.deduct_centi ?? 0), 0)
  const score_centi = fatal.length > 0 ? 0 : Math.max(0, form.max_centi - taken_centi)
  const pass = score_centi >= form.pass_centi && fatal.length === 0
  return {
    score_centi,
    max_centi: form.max_centi,
    pass_centi: form.pass_centi,
    verdict: pass ? 'pass' : 'fail',
    short_by_centi: pass ? 0 : form.pass_centi - score_centi,
    taken_centi,
  }
}

/** One press of - (steps = 1) or + (steps = -1) on an item: never above its points, never below 0. */
export function step(item: FormItem, now_centi: number, steps: number): number {
  const size = item.step_centi > 0 ? item.step_centi : item.points_centi
  return Math.min(Math.max(now_centi + steps * size, 0), item.points_centi)
}

/** 8.5, 10, 0.25: as few decimals as it takes, but at least `least`. */
export function points(centi: number, least = 0): string {
  const s = (centi / 100).toFixed(2)
  const short = s.replace(/0$/, '').replace(/\.?0$/, '')
  return least > 0 && !short.includes('.') ? `${short}.0` : short
}

/** The digit that picks the n-th item (0-based): 1..9, then 0, then none. */
export function itemDigit(n: number): string {
  return n < 9 ? String(n + 1) : n === 9 ? '0' : ''
}

export function digitItem(digit: string): number {
  return digit === '0' ? 9 : Number(digit) - 1
}

/** The remark box with `text` put in, or taken out when it is there. */
export function toggleRemark(box: string, text: string): string {
  const lines = box.split('\n').filter((l) => l.trim() !== '')
  return lines.includes(text) ? lines.filter((l) => l !== text).join('\n') : [...lines, text].join('\n')
}
