import { describe, expect, it } from 'vitest'
import { placeOf } from './paging'

describe('placeOf', () => {
  it('counts rows from one and knows the last page', () => {
    expect(placeOf(2, 50, 26, 76)).toEqual({ first: 51, last: 76, pages: 2, hasNext: false })
    expect(placeOf(1, 50, 50, 76)).toMatchObject({ first: 1, last: 50, hasNext: true })
  })
  it('goes on while pages are full when nobody counted', () => {
    expect(placeOf(3, 50, 50, null).hasNext).toBe(true)
    expect(placeOf(3, 50, 12, null).hasNext).toBe(false)
  })
  it('of an empty list is nothing', () => {
    expect(placeOf(1, 50, 0, 0)).toEqual({ first: 0, last: 0, pages: 1, hasNext: false })
  })
})
