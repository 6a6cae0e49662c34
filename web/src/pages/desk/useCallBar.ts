/* What the call bar shows and which of its buttons work, from the desk state alone; the doing is beside it. */
import type { DeskState } from '@/api/types'
import type { Look } from '@/components/states'
import { stateLook } from '@/components/states'

export type BarMode =
  | 'none' // nothing known yet
  | 'away' // offline or paused
  | 'ready' // waits for the next call
  | 'dialing' // a call of mine is on its way out
  | 'incoming' // a call wants to be answered
  | 'talking'
  | 'holding'
  | 'wrapup'

export interface BarButtons {
  mute: boolean
  hold: boolean
  keypad: boolean
  transfer: boolean
  hangup: boolean
}

export interface BarView {
  mode: BarMode
  look: Look
  char: string
  /** locale key of the word for the state */
  word: string
  /** where the clock starts */
  sinceUtcMs: number
  muted: boolean
  held: boolean
  transferring: boolean
  can: BarButtons
  /** what is left of the wrap-up, negative when over; null outside wrap-up or without limit */
  wrapupLeftMs: number | null
}

const NOTHING: BarButtons = { mute: false, hold: false, keypad: false, transfer: false, hangup: false }

export function barMode(d: DeskState): BarMode {
  if (d.state === 'wrapup') return 'wrapup'
  if (d.state === 'holding') return 'holding'
  if (d.state === 'talking') return d.call?.held ? 'holding' : 'talking'
  if (d.state === 'ringing') {
    // A call that already talks and rings here is being handed over: it waits to be taken, whichever way it began.
    const handedOver = d.call?.state === 'talking' || d.call?.state === 'holding'
    return handedOver || d.call?.direction === 'in' ? 'incoming' : 'dialing'
  }
  if (d.state === 'reserved') return 'dialing'
  return d.status === 'ready' ? 'ready' : 'away'
}

export function barButtons(mode: BarMode, d: DeskState): BarButtons {
  const call = d.call
  if (!call || call.state === 'ended') return NOTHING
  switch (mode) {
    case 'dialing':
      // An announcement may ask for digits before the line counts as answered.
      return { ...NOTHING, keypad: call.state === 'early', hangup: true }
    case 'incoming':
      return { ...NOTHING, hangup: true }
    case 'talking':
    case 'holding': {
      const free = !call.transfer
      return { mute: true, hold: free, keypad: mode === 'talking', transfer: true, hangup: true }
    }
    case 'none':
    case 'away':
    case 'ready':
    case 'wrapup':
      return NOTHING
  }
}

export function barView(d: DeskState | null, nowMs: number): BarView {
  if (!d)
    return {
      mode: 'none',
      look: 'away',
      char: 'away',
      word: 'common.loading',
      sinceUtcMs: nowMs,
      muted: false,
      held: false,
      transferring: false,
      can: NOTHING,
      wrapupLeftMs: null,
    }
  const mode = barMode(d)
  const look = stateLook(d.status, mode === 'holding' ? 'holding' : d.state)
  const call = d.call
  // The customer counts from when the two hear each other, not from when the line was picked up.
  const since =
    mode === 'talking' || mode === 'holding'
      ? (call?.bridged_utc_ms ?? call?.answered_utc_ms ?? d.since_utc_ms)
      : d.since_utc_ms
  return {
    mode,
    look: look.look,
    char: look.char,
    word: look.word,
    sinceUtcMs: since,
    muted: call?.muted ?? false,
    held: call?.held ?? false,
    transferring: call?.transfer !== null && call?.transfer !== undefined,
    can: barButtons(mode, d),
    wrapupLeftMs: mode === 'wrapup' && call?.wrapup_limit_utc_ms ? call.wrapup_limit_utc_ms - nowMs : null,
  }
}

/** What Enter does when no form is waiting to be saved. */
export type Primary = 'ready' | 'answer' | 'dial' | 'preview' | 'end_wrapup' | null

export function primaryAction(d: DeskState | null, hasSelected: boolean): Primary {
  if (!d) return null
  const mode = barMode(d)
  if (mode === 'incoming') return 'answer'
  if (mode === 'wrapup') return !d.call || d.call.result_saved ? 'end_wrapup' : null
  if (mode !== 'ready' && mode !== 'away') return null
  const byHand = d.campaign?.mode === 'manual' || d.campaign?.mode === 'preview' || !d.campaign
  if (mode === 'away') return 'ready'
  if (d.campaign?.mode === 'preview' && !hasSelected) return 'preview'
  return byHand && hasSelected ? 'dial' : null
}
