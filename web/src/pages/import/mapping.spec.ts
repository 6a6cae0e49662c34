import { describe, expect, it } from 'vitest'
import { assigned, problems, proposed, type Column } from './mapping'

const column = (index: number, header: string, guess: string): Column => ({ index, header, guess, samples: [] })
const columns = [
  column(0, '姓名', 'name'),
  column(1, '手机', 'phone'),
  column(2, '备用电话', 'phone'),
  column(3, '称呼', 'name'),
  column(4, '序号', ''),
]

describe('proposed', () => {
  it('takes a second number and one name, and leaves the rest out', () => {
    expect(proposed(columns)).toEqual({ 0: 'name', 1: 'phone', 2: 'phone2' })
  })
  it('ignores a guess this page does not know', () => {
    expect(proposed([column(0, 'x', 'shoe_size')])).toEqual({})
  })
})

describe('assigned', () => {
  it('takes a single field away from its old column', () => {
    expect(assigned(proposed(columns), 3, 'name')).toEqual({ 1: 'phone', 2: 'phone2', 3: 'name' })
  })
  it('leaves a column out by an empty choice', () => {
    expect(assigned({ 1: 'phone', 2: 'phone2' }, 2, '')).toEqual({ 1: 'phone' })
  })
})

describe('problems', () => {
  it('needs a number, and says when names are missing', () => {
    expect(problems({})).toEqual(['no_phone', 'no_name'])
    expect(problems({ 1: 'phone' })).toEqual(['no_name'])
    expect(problems({ 0: 'name', 1: 'phone' })).toEqual([])
  })
})
