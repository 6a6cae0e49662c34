import type { Scorecard } from '@/api/types'
import { describe, expect, it } from 'vitest'
import { digitItem, itemDigit, points, scoreOf, step, toggleRemark, type Deductions } from './score'

const form: Scorecard = {
  key: 'a2',
  version: 2,
  name: 'A2 十分制',
  max_centi: 1000,
  pass_centi: 900,
  mode: 'deduct',
  sections: [
    {
      name: '话术',
      items: [
        { key: 'benefit', name: '收益表述准确', points_centi: 200, step_centi: 50, class: 'CC', fatal: false },
        { key: 'listen', name: '倾听，不打断', points_centi: 100, step_centi: 50, class: 'NC', fatal: false },
      ],
    },
  ],
  fatal: [{ key: 'R2', name: '违规承诺' }],
  remarks: ['先听完'],
}

function taken(benefit: number, listen: number): Deductions {
  const d = (deduct_centi: number) => ({ deduct_centi, from_ms: null, to_ms: null, remark: '' })
  return { benefit: d(benefit), listen: d(listen) }
}

describe('scoreOf', () => {
  it('opens at full marks', () => {
    expect(scoreOf(form, {}, [])).toMatchObject({ score_centi: 1000, verdict: 'pass', short_by_centi: 0 })
  })
  it('passes at exactly 9 and fails at 8.5 of 10, half a point short', () => {
    expect(scoreOf(form, taken(100, 0), [])).toMatchObject({ score_centi: 900, verdict: 'pass' })
    expect(scoreOf(form, taken(100, 50), [])).toMatchObject({
      score_centi: 850,
      verdict: 'fail',
      short_by_centi: 50,
    })
  })
  it('is 0 and failed with one red line, whatever the points say', () => {
    expect(scoreOf(form, {}, ['R2'])).toMatchObject({ score_centi: 0, verdict: 'fail', short_by_centi: 900 })
  })
})

describe('a weighted form', () => {
  const item = (key: string, points_centi: number) => ({
    key,
    name: key,
    points_centi,
    step_centi: 50,
    class: 'NC' as const,
    fatal: false,
  })
  const hundred: Scorecard = {
    ...form,
    max_centi: 10000,
    pass_centi: 8000,
    mode: 'weighted',
    sections: [
      { name: '开场', items: [item('1.1', 200), item('1.2', 600)] },
      { name: '促成', items: [item('6.1', 1200)] },
    ],
  }
  const mark = (deduct_centi: number, is_na = false) => ({
    deduct_centi,
    from_ms: null,
    to_ms: null,
    remark: '',
    is_na,
  })
  it('counts by section weight and rounds once, half up', () => {
    expect(scoreOf(hundred, {}, []).score_centi).toBe(10000)
    // 8 : 12 of the weight; the first section keeps 500 of 800
    expect(scoreOf(hundred, { '1.2': mark(300) }, []).score_centi).toBe(8500)
  })
  it('leaves out what does not apply, inside its section', () => {
    expect(scoreOf(hundred, { '1.1': mark(0, true), '1.2': mark(300) }, []).score_centi).toBe(8000)
  })
  it('gives the weight of a section that does not apply to the others', () => {
    expect(scoreOf(hundred, { '6.1': mark(0, true), '1.2': mark(300) }, []).score_centi).toBe(6250)
  })
})

describe('step', () => {
  const item = form.sections[0]!.items[1]!
  it('stops at the points of the item and at full marks', () => {
    expect(step(item, 0, 1)).toBe(50)
    expect(step(item, 100, 1)).toBe(100)
    expect(step(item, 0, -1)).toBe(0)
  })
})

describe('points', () => {
  it('shows no more decimals than needed', () => {
    expect([850, 1000, 25, 0].map((c) => points(c))).toEqual(['8.5', '10', '0.25', '0'])
    expect(points(100, 1)).toBe('1.0')
  })
})

describe('digits', () => {
  it('reach ten items, the tenth by 0', () => {
    expect([0, 8, 9, 10].map(itemDigit)).toEqual(['1', '9', '0', ''])
    expect(['1', '9', '0'].map(digitItem)).toEqual([0, 8, 9])
  })
})

describe('toggleRemark', () => {
  it('puts a remark in once and takes it out again', () => {
    expect(toggleRemark('', '先听完')).toBe('先听完')
    expect(toggleRemark('邀约好\n先听完', '先听完')).toBe('邀约好')
  })
})
