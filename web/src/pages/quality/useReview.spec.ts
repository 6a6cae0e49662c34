import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import type { Review, Scorecard } from '@/api/types'
import { useReview, type ReviewDesk } from './useReview'

const form: Scorecard = {
  key: 'a2',
  version: 1,
  name: 'A2',
  max_centi: 1000,
  pass_centi: 900,
  mode: 'deduct',
  sections: [
    {
      name: '',
      items: ['facts', 'listen'].map((key) => ({
        key,
        name: key,
        points_centi: 100,
        step_centi: 50,
        class: 'NC' as const,
        fatal: false,
      })),
    },
  ],
  fatal: [{ key: 'R2', name: '' }],
  remarks: ['先听完'],
}
const review: Review = {
  id: '7',
  call_id: '9',
  form_key: 'a2',
  form_version: 1,
  state: 'draft',
  items: [],
  fatal: [],
  remark: null,
  score_centi: 1000,
  max_centi: 1000,
  pass_centi: 900,
  verdict: 'pass',
  short_by_centi: 0,
}

interface Sent {
  method: string
  path: string
  body: Record<string, unknown>
}
let sent: Sent[]
let refuses: boolean
let scope: EffectScope
let desk: ReviewDesk

beforeEach(async () => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  sent = []
  refuses = false
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const method = init.method ?? 'GET'
    sent.push({ method, path, body: JSON.parse(String(init.body ?? '{}')) as Record<string, unknown> })
    const failed = refuses && method === 'PUT'
    const answer = failed
      ? { title: '暂时存不了', status: 503 }
      : method === 'GET'
        ? form
        : method === 'PUT'
          ? { score_centi: 950, max_centi: 1000, pass_centi: 900, verdict: 'pass', short_by_centi: 0 }
          : review
    return Promise.resolve(new Response(JSON.stringify(answer), { status: failed ? 503 : 200 }))
  })
  scope = effectScope()
  scope.run(() => {
    desk = useReview(
      () => '9',
      () => 'a2',
    )
  })
  await vi.advanceTimersByTimeAsync(1)
})
afterEach(() => {
  scope.stop()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const puts = () => sent.filter((s) => s.method === 'PUT')

describe('the scorecard on the bench', () => {
  it('opens at full marks, in the version its draft was made with', () => {
    expect(desk.score.value?.score_centi).toBe(1000)
    expect(sent.some((s) => s.path === '/api/v1/scorecards/a2?version=1')).toBe(true)
  })
  it('recalculates at once and saves once when the inspector pauses', async () => {
    desk.select(0)
    desk.stepActive(1)
    desk.stepActive(1)
    desk.select(1)
    desk.tie({ from_ms: 81_000, to_ms: 91_000 })
    expect(desk.score.value).toMatchObject({ score_centi: 850, verdict: 'fail', short_by_centi: 50 })
    expect(puts()).toEqual([])
    await vi.advanceTimersByTimeAsync(700)
    expect(puts()).toHaveLength(1)
    expect(puts()[0]?.body['items']).toEqual([
      { item_key: 'facts', deduct_centi: 100, from_ms: null, to_ms: null, remark: '' },
      { item_key: 'listen', deduct_centi: 50, from_ms: 81_000, to_ms: 91_000, remark: '' },
    ])
    expect(desk.savedUtcMs.value).not.toBeNull()
  })
  it('keeps a stretch that was dragged before an item was chosen', () => {
    desk.tie({ from_ms: 1000, to_ms: 2000 })
    expect(desk.score.value?.taken_centi).toBe(0)
    desk.select(1)
    expect(desk.deductions.value['listen']).toMatchObject({ deduct_centi: 50, from_ms: 1000, to_ms: 2000 })
    expect(desk.pending.value).toBeNull()
  })
  it('unties a stretch when everything was given back', () => {
    desk.select(1)
    desk.tie({ from_ms: 1000, to_ms: 2000 })
    desk.stepActive(-1)
    expect(desk.deductions.value['listen']).toMatchObject({ deduct_centi: 0, from_ms: null })
  })
  it('says that saving failed, submits nothing, and saves the same again', async () => {
    refuses = true
    desk.select(0)
    desk.stepActive(1)
    expect(await desk.submit()).toBe(false)
    expect(desk.saveError.value?.message).toBe('暂时存不了')
    expect(sent.some((s) => s.path.endsWith('/submit'))).toBe(false)
    refuses = false
    expect(await desk.submit()).toBe(true)
    expect(puts()).toHaveLength(2)
    expect(desk.isSubmitted.value).toBe(true)
  })
  it('cannot be changed once submitted', async () => {
    await desk.submit()
    desk.select(0)
    desk.stepActive(1)
    desk.toggleFatal('R2')
    expect(desk.score.value?.score_centi).toBe(1000)
  })
})
