/* Which digits pick which item of a scorecard. Pure. */
import type { Scorecard } from '@/api/types'
import { digitItem, itemDigit, itemsOf } from './score'

/** Up to ten items take one digit each; longer forms take section and item: 1 then 2 for 1.2. */
export function isLong(form: Scorecard): boolean {
  return itemsOf(form).length > 10
}

/** The digits shown beside each item, in the order of the form. */
export function itemLabels(form: Scorecard): string[] {
  if (!isLong(form)) return itemsOf(form).map((_, i) => itemDigit(i))
  return form.sections.flatMap((s, si) => s.items.map((_, i) => itemDigit(si) + itemDigit(i)))
}

export interface Picked {
  /** index of the item; null: one more digit is needed, or there is no such item */
  index: number | null
  pending: string
}

/** One digit pressed, `pending` being the digit before it on a long form. */
export function pick(form: Scorecard, pending: string, digit: string): Picked {
  if (!isLong(form)) {
    const index = digitItem(digit)
    return { index: index < itemsOf(form).length ? index : null, pending: '' }
  }
  if (pending === '') return { index: null, pending: digit }
  const at = itemLabels(form).indexOf(pending + digit)
  return { index: at >= 0 ? at : null, pending: '' }
}
