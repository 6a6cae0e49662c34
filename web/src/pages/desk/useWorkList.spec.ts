import { describe, expect, it } from 'vitest'
import type { WorkItem } from '@/api/types'
import { NOW } from '../../../tests/fixtures/desk'
import { workKey, workTag } from './useWorkList'

const item = (over: Partial<WorkItem>): WorkItem => ({
  task_id: '1',
  followup_id: null,
  customer_id: '501',
  name: '陈桂芳',
  grade: 'A',
  number: '139****2716',
  place: '广东 佛山',
  why_zh: '',
  why_en: '',
  due_utc_ms: null,
  overdue_ms: null,
  kind: 'list',
  ...over,
})

describe('work list', () => {
  it('counts lateness on, second by second', () => {
    const promise = item({ kind: 'promise', due_utc_ms: NOW - 12 * 60_000 })
    expect(workTag(promise, NOW)).toEqual({ kind: 'late', ms: 720_000 })
    expect(workTag(promise, NOW + 60_000)).toEqual({ kind: 'late', ms: 780_000 })
  })
  it('shows the time of a promise that is not late yet', () => {
    expect(workTag(item({ kind: 'promise', due_utc_ms: NOW + 1 }), NOW)).toEqual({ kind: 'at', utcMs: NOW + 1 })
  })
  it('names the kind of the rest', () => {
    expect(workTag(item({ kind: 'due', due_utc_ms: NOW - 86_400_000 }), NOW)).toEqual({
      kind: 'word',
      key: 'desk.kind.due',
    })
    expect(workTag(item({}), NOW)).toEqual({ kind: 'word', key: 'desk.kind.list' })
  })
  it('tells two rows of one customer apart', () => {
    expect(workKey(item({ task_id: '1' }))).not.toBe(workKey(item({ task_id: null, followup_id: '9' })))
  })
})
