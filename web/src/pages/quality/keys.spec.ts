import type { Scorecard } from '@/api/types'
import { describe, expect, it } from 'vitest'
import { itemLabels, pick } from './keys'

function form(...sections: number[]): Scorecard {
  return {
    name: 'x',
    max_centi: 1000,
    pass_centi: 900,
    mode: 'deduct',
    sections: sections.map((n, s) => ({
      name: `s${s}`,
      items: Array.from({ length: n }, (_, i) => ({
        key: `${s}-${i}`,
        name: '',
        points_centi: 100,
        step_centi: 50,
        class: 'NC' as const,
        fatal: false,
      })),
    })),
    fatal: [],
    remarks: [],
  }
}

describe('picking an item by digits', () => {
  it('takes one digit on a form of ten, 0 being the tenth', () => {
    expect(itemLabels(form(4, 6))).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'])
    expect(pick(form(10), '', '0')).toEqual({ index: 9, pending: '' })
    expect(pick(form(3), '', '7')).toEqual({ index: null, pending: '' })
  })
  it('takes section and item on a long form', () => {
    const long = form(4, 3, 4)
    expect(itemLabels(long)).toEqual(['11', '12', '13', '14', '21', '22', '23', '31', '32', '33', '34'])
    expect(pick(long, '', '2')).toEqual({ index: null, pending: '2' })
    expect(pick(long, '2', '3')).toEqual({ index: 6, pending: '' })
    expect(pick(long, '2', '9')).toEqual({ index: null, pending: '' })
  })
})
