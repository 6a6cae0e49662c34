import { describe, expect, it } from 'vitest'
import type { WorkItem } from '@/api/types'
import { NOW } from '../../../tests/fixtures/desk'
import { fallenDue } from './useDueNotices'

const item = (kind: WorkItem['kind'], due: number | null): WorkItem => ({
  task_id: null,
  followup_id: '1',
  customer_id: '501',
  name: '赵秀兰',
  grade: 'A',
  number: '136****6648',
  place: '浙江 杭州',
  why_zh: '',
  why_en: '',
  due_utc_ms: due,
  overdue_ms: null,
  kind,
})

describe('due call-backs', () => {
  it('are said when their time comes, not before and not again', () => {
    const list = [item('promise', NOW)]
    expect(fallenDue(list, NOW - 2000, NOW - 1000)).toEqual([])
    expect(fallenDue(list, NOW - 1000, NOW)).toEqual(list)
    expect(fallenDue(list, NOW, NOW + 1000)).toEqual([])
  })
  it('are promises and missed calls only: a due grade has no minute', () => {
    expect(fallenDue([item('due', NOW), item('new', null), item('missed', NOW)], NOW - 1, NOW)).toHaveLength(1)
  })
})
