import { describe, expect, it } from 'vitest'
import { changed, nextSort, readFilters, writeFilters } from './addressFilters'

const defaults = { q: '', outcome: '', sort: '-start', page: '1' }

describe('filters in the address', () => {
  it('come back as they were written', () => {
    const filters = { q: '徐', outcome: 'no_answer', sort: 'talk_ms', page: '3' }
    expect(readFilters(writeFilters({}, filters, defaults), defaults)).toEqual(filters)
  })
  it('leave defaults out and keep what is not theirs', () => {
    expect(writeFilters({ tab: 'x', page: '4' }, { ...defaults, q: '8000' }, defaults)).toEqual({ tab: 'x', q: '8000' })
  })
  it('survive an address somebody edited', () => {
    expect(readFilters({ q: ['a', 'b'], page: null, evil: 'x' }, defaults)).toEqual({ ...defaults, q: 'a' })
  })
})

describe('a changed filter', () => {
  it('starts again at the first page', () => {
    const now = { ...defaults, page: '7' }
    expect(changed(now, { q: '徐' }, defaults).page).toBe('1')
    expect(changed(now, { page: '8' }, defaults).page).toBe('8')
  })
})

describe('nextSort', () => {
  it('goes down, up, and back to the own order', () => {
    expect(nextSort('', 'talk')).toBe('-talk')
    expect(nextSort('-talk', 'talk')).toBe('talk')
    expect(nextSort('talk', 'talk')).toBe('')
    expect(nextSort('talk', 'ring')).toBe('-ring')
  })
})
