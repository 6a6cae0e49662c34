import { describe, expect, it } from 'vitest'
import { callState, deskState, NOW } from '../../../tests/fixtures/desk'
import { barView, primaryAction } from './useCallBar'

describe('call bar', () => {
  it('counts a talk from the moment both hear each other', () => {
    const v = barView(deskState({ state: 'talking', call: callState() }), NOW)
    expect(v).toMatchObject({ mode: 'talking', look: 'talk', char: 'talking', sinceUtcMs: NOW - 192_000 })
    expect(v.can).toEqual({ mute: true, hold: true, keypad: true, transfer: true, hangup: true })
  })
  it('has no working button without a call', () => {
    for (const s of [deskState(), deskState({ status: 'paused', reason: 'break' }), null])
      expect(Object.values(barView(s, NOW).can)).not.toContain(true)
  })
  it('can only hang up what has not been answered, and send digits to an announcement', () => {
    const dialing = deskState({ state: 'reserved', call: callState({ state: 'dialing', answered_utc_ms: null }) })
    expect(barView(dialing, NOW).can).toEqual({
      mute: false,
      hold: false,
      keypad: false,
      transfer: false,
      hangup: true,
    })
    const early = deskState({ state: 'ringing', call: callState({ state: 'early', answered_utc_ms: null }) })
    expect(barView(early, NOW).can.keypad).toBe(true)
  })
  it('shows hold with another colour, character and word at once', () => {
    const v = barView(deskState({ state: 'holding', call: callState({ state: 'holding', held: true }) }), NOW)
    expect(v).toMatchObject({
      mode: 'holding',
      look: 'rest',
      char: 'holding',
      word: 'common.state.holding',
      held: true,
    })
    expect(v.can.keypad).toBe(false)
  })
  it('counts the wrap-up down and below zero', () => {
    const call = callState({ state: 'ended', ended_utc_ms: NOW - 41_000, wrapup_limit_utc_ms: NOW + 79_000 })
    const d = deskState({ state: 'wrapup', call })
    expect(barView(d, NOW).wrapupLeftMs).toBe(79_000)
    expect(barView(d, NOW + 100_000).wrapupLeftMs).toBe(-21_000)
    expect(barView(d, NOW).can.hangup).toBe(false)
  })
  it('does not put a second hold over a transfer', () => {
    const call = callState({ transfer: { to: 'supervisor', state: 'ringing' } })
    expect(barView(deskState({ state: 'talking', call }), NOW).can.hold).toBe(false)
  })
})

describe('the one key', () => {
  it('answers a caller', () => {
    const call = callState({ direction: 'in', state: 'ringing' })
    expect(primaryAction(deskState({ state: 'ringing', call }), true)).toBe('answer')
  })
  it('takes a call that is handed over, though it was dialed', () => {
    const call = callState({ transfer: { to: '9', state: 'ringing' } })
    expect(primaryAction(deskState({ state: 'ringing', call }), false)).toBe('answer')
  })
  it('gets ready, and waits when the dialer dials', () => {
    expect(primaryAction(deskState({ status: 'offline' }), true)).toBe('ready')
    expect(primaryAction(deskState(), true)).toBe(null)
  })
  it('dials the chosen customer where people dial', () => {
    const campaign = { id: '31', name: 'x', mode: 'manual' as const }
    expect(primaryAction(deskState({ campaign }), true)).toBe('dial')
    expect(primaryAction(deskState({ campaign }), false)).toBe(null)
    expect(primaryAction(deskState({ campaign: { ...campaign, mode: 'preview' } }), false)).toBe('preview')
  })
  it('ends a wrap-up only after the result is kept', () => {
    const call = callState({ state: 'ended' })
    expect(primaryAction(deskState({ state: 'wrapup', call }), true)).toBe(null)
    expect(primaryAction(deskState({ state: 'wrapup', call: { ...call, result_saved: true } }), true)).toBe(
      'end_wrapup',
    )
  })
})
