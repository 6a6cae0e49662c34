/* Score arithmetic of the bench, in hundredths of a point. Mirrors the server, which has the last word at saving. */

import type { Scorecard } from '@/api/types'

export type FormItem = Scorecard['sections'][number]['items'][number]

export interface Deduction {
  deduct_centi: number
  from_ms: number | null
  to_ms: number | null
  remark: string
  /** not applicable: leaves the denominator of a weighted form */
  is_na?: boolean
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

interface Section {
  weight: number
  apply: number
  kept: number
}

function sectionsOf(form: Scorecard, deductions: Deductions): Section[] {
  return form.sections.map((s) => {
    const applying = s.items.filter((i) => !deductions[i.key]?.is_na)
    const apply = applying.reduce((n, i) => n + i.points_centi, 0)
    const taken = applying.reduce((n, i) => n + (deductions[i.key]?.deduct_centi ?? 0), 0)
    return { weight: s.items.reduce((n, i) => n + i.points_centi, 0), apply, kept: apply - taken }
  })
}

/** Each section is worth its weight times points kept over points that apply; the weight of a section without any
 *  goes to the others in proportion. Exact until the one rounding at the end, half up. */
function weighted(form: Scorecard, sections: Section[]): number {
  const applying = sections.filter((s) => s.apply > 0)
  const weights = applying.reduce((n, s) => n + s.weight, 0)
  if (weights === 0) return form.max_centi
  let num = 0n
  let den = 1n
  for (const s of applying) {
    const n = BigInt(s.weight) * BigInt(form.max_centi) * BigInt(s.kept)
    const d = BigInt(weights) * BigInt(s.apply)
    num = num * d + n * den
    den *= d
  }
  return Number((2n * num + den) / (2n * den))
}

/** Full marks less what was taken, never below 0; a red line makes it 0 and failed. */
export function scoreOf(form: Scorecard, deductions: Deductions, fatal: string[]): Score {
  const sections = sectionsOf(form, deductions)
  const points_taken = sections.reduce((n, s) => n + s.apply - s.kept, 0)
  const raw = form.mode === 'weighted' ? weighted(form, sections) : Math.max(0, form.max_centi - points_taken)
  const score_centi = fatal.length > 0 ? 0 : raw
  const pass = fatal.length === 0 && score_centi >= form.pass_centi
  return {
    score_centi,
    max_centi: form.max_centi,
    pass_centi: form.pass_centi,
    verdict: pass ? 'pass' : 'fail',
    short_by_centi: pass ? 0 : form.pass_centi - score_centi,
    taken_centi: form.max_centi - raw,
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
