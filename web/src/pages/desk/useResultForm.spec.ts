import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { NOW } from '../../../tests/fixtures/desk'
import { emptyModel, fenOf, missing, nextPresets, toBody, useResultForm } from './useResultForm'

const SET = {
  results: [
    { code: 'interested', key: '1', zh: '意向', en: 'Interested', connected: true, needs: ['grade', 'next'] },
    { code: 'deal', key: '4', zh: '成交', en: 'Deal', connected: true, final: true },
    { code: 'refused', key: '7', zh: '拒绝', en: 'Refused', connected: true, final: true },
    { code: 'no_answer', key: null, zh: '无人接听', en: 'No answer', connected: false },
  ],
  grades: [
    { code: 'A', zh: 'A 3天内', days: 3 },
    { code: 'D', zh: 'D 不再跟', days: null },
  ],
  flags: [{ bit: 1, key: 'X', zh: '勿再拨' }],
}

interface Sent {
  method: string
  path: string
  body: Record<string, unknown>
}
let sent: Sent[] = []

beforeEach(() => {
  sent = []
  sessionStorage.clear()
  vi.useFakeTimers()
  vi.stubGlobal('fetch', async (path: string, init: { method: string; body?: string }) => {
    sent.push({ method: init.method, path, body: JSON.parse(init.body ?? '{}') as Record<string, unknown> })
    return new Response(path.endsWith('/result-set') ? JSON.stringify(SET) : '{}', { status: 200 })
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function form(over: { mayClose?: () => boolean } = {}) {
  const calls = { saved: [] as string[], note: 0, pick: 0 }
  const f = useResultForm({
    now: () => NOW,
    mayClose: over.mayClose ?? (() => true),
    saved: (stays) => calls.saved.push(stays ? 'stays' : 'goes on'),
    focusNote: () => calls.note++,
    pickTime: () => calls.pick++,
  })
  await f.loadSet()
  const press = (k: string) => f.keys()[k]?.({} as KeyboardEvent)
  return { f, calls, press }
}

describe('result form', () => {
  it('is done in keys: result, grade, next, Enter', async () => {
    const { f, calls, press } = await form()
    f.open('9001')
    press('1')
    press('a')
    press('n')
    press('Enter')
    await vi.runAllTimersAsync()
    const body = sent.find((s) => s.path === '/api/v1/calls/9001/result')?.body
    expect(body).toMatchObject({ code: 'interested', grade: 'A', then: 'next' })
    expect(body?.['next_utc_ms']).toBe(nextPresets(NOW)[0]?.atUtcMs)
    expect(calls.saved).toEqual(['goes on'])
    expect(f.active.value).toBe(false)
  })
  it('names what is missing and sends nothing', async () => {
    const { f, press } = await form()
    f.open('9001')
    press('Enter')
    expect(f.lacks.value).toEqual(['code'])
    press('1')
    press('Enter')
    expect(f.lacks.value).toEqual(['grade', 'next'])
    expect(sent.some((s) => s.path === '/api/v1/calls/9001/result')).toBe(false)
  })
  it('keeps a draft while talking and does not close the call', async () => {
    const { f, press } = await form({ mayClose: () => false })
    f.open('9001')
    press('7')
    press('Enter')
    await nextTick()
    await vi.advanceTimersByTimeAsync(700)
    expect(sent.map((s) => s.path)).toContain('/api/v1/calls/9001/result?draft=1')
    expect(sent.map((s) => s.path)).not.toContain('/api/v1/calls/9001/result')
  })
  it('finds the draft again after a reload of the page', async () => {
    const first = await form()
    first.f.open('9001')
    first.f.model.note = '关心领取年龄'
    await nextTick()
    const second = await form()
    second.f.open('9001')
    expect(second.f.model.note).toBe('关心领取年龄')
    second.f.open('9002')
    expect(second.f.model.note).toBe('')
  })
  it('takes up what another computer began', async () => {
    const { f } = await form()
    f.open('9001', { ...toBody({ ...emptyModel(), code: 'deal', dealYuan: '3600.5', note: '签单' }), flags: 2 })
    expect(f.model).toMatchObject({ code: 'deal', dealYuan: '3600.5', note: '签单', flags: 2 })
  })
  it('sets a flag at once', async () => {
    const { f, press } = await form()
    f.open('9001')
    press('x')
    await vi.runAllTimersAsync()
    expect(sent.find((s) => s.path.endsWith('/flag'))?.body).toEqual({ bit: 1, on: true })
  })
  it('does nothing by key when there is no call', async () => {
    const { f, press } = await form()
    for (const k of ['1', 'a', 'n', 'x', 'Enter']) press(k)
    expect(toBody(f.model)).toEqual(toBody(emptyModel()))
  })
  it('keeps what was typed when the server refuses', async () => {
    const { f, press } = await form()
    f.open('9001')
    press('7')
    f.model.note = '明确拒绝'
    vi.stubGlobal('fetch', async () => new Response('{"title":"day closed","status":409}', { status: 409 }))
    press('Enter')
    await vi.runAllTimersAsync()
    expect(f.active.value).toBe(true)
    expect(f.model.note).toBe('明确拒绝')
    expect(String(f.error.value)).toContain('day closed')
  })
})

describe('amounts and times', () => {
  it('reads an amount exactly', () => {
    expect(fenOf('3,600.5')).toBe(360_050)
    expect(fenOf('¥0.29')).toBe(29)
    for (const bad of ['', 'abc', '-5', '1.234', '1e3']) expect(fenOf(bad)).toBe(null)
  })
  it('wants the amount of a deal', () => {
    const deal = SET.results[1]
    expect(missing({ ...emptyModel(), code: 'deal' }, deal)).toEqual(['deal'])
    expect(missing({ ...emptyModel(), code: 'deal', dealYuan: '3600' }, deal)).toEqual([])
  })
  it('never proposes a time that has passed', () => {
    const evening = Date.UTC(2026, 10, 24, 9, 0)
    expect(nextPresets(evening).map((p) => p.key)).toEqual(['tomorrow', 'saturday'])
    const friday = Date.UTC(2026, 10, 27, 2, 0)
    expect(nextPresets(friday).map((p) => p.key)).toEqual(['today', 'tomorrow'])
    for (const p of nextPresets(evening)) expect(p.atUtcMs).toBeGreaterThan(evening)
  })
})
