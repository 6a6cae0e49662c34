import { describe, expect, it } from 'vitest'
import { GRACE_MS, OFF, retryMs, stationOn } from './reconnect'
import type { StationEvent, StationMachine } from './reconnect'

function run(events: StationEvent[], from: StationMachine = OFF) {
  let m = from
  let effects: unknown[] = []
  for (const ev of events) [m, effects] = stationOn(m, ev)
  return { m, effects }
}

describe('station', () => {
  it('connects only after this tab has the phone', () => {
    expect(run([{ type: 'start' }])).toEqual({
      m: { phase: 'waiting', attempt: 0 },
      effects: [{ type: 'request_lock' }],
    })
    expect(run([{ type: 'start' }, { type: 'lock' }]).effects).toEqual([{ type: 'connect' }])
  })
  it('waits a moment before it re-makes a leg that only stutters', () => {
    const { m, effects } = run([{ type: 'start' }, { type: 'lock' }, { type: 'connected' }, { type: 'disconnected' }])
    expect(m.phase).toBe('lost')
    expect(effects).toEqual([{ type: 'watch_in', ms: GRACE_MS }])
    expect(stationOn(m, { type: 'connected' })[0]).toEqual({ phase: 'up', attempt: 0 })
  })
  it('tries three times within the ten seconds the customer is kept', () => {
    let m = run([{ type: 'start' }, { type: 'lock' }, { type: 'connected' }, { type: 'disconnected' }]).m
    let at = GRACE_MS
    for (let i = 0; i < 3; i++) {
      const [next, effects] = stationOn(m, { type: 'failed' })
      m = next
      at += effects.reduce((ms, e) => ms + (e.type === 'retry_in' ? e.ms : 0), 0)
    }
    expect(at).toBeLessThan(10_000)
    expect(m).toEqual({ phase: 'lost', attempt: 3 })
    expect(retryMs(50)).toBe(5000)
  })
  it('closes and stays quiet when another tab takes the phone', () => {
    const { m, effects } = run([{ type: 'start' }, { type: 'lock' }, { type: 'connected' }, { type: 'lock_stolen' }])
    expect(m.phase).toBe('elsewhere')
    expect(effects).toEqual([{ type: 'close' }])
    expect(stationOn(m, { type: 'failed' })).toEqual([m, []])
    expect(stationOn(m, { type: 'lock' })[0].phase).toBe('connecting')
  })
  it('does not hammer a server that refused the station', () => {
    const { m } = run([{ type: 'start' }, { type: 'lock' }, { type: 'refused' }])
    expect(stationOn(m, { type: 'failed' })).toEqual([m, []])
    expect(stationOn(m, { type: 'start' })[0].phase).toBe('waiting')
  })
  it('forgets everything on stop', () => {
    expect(run([{ type: 'start' }, { type: 'lock' }, { type: 'stop' }, { type: 'failed' }]).m).toEqual(OFF)
  })
})
