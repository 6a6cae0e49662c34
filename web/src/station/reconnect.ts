/* When the browser's phone leg is made, re-made and given up: decided here, done in the station store.
 *
 * The server keeps the customer's call for 10 s with music while the leg is lost, so the first tries come fast. */

export type StationPhase = 'off' | 'waiting' | 'connecting' | 'up' | 'lost' | 'elsewhere' | 'refused'

export interface StationMachine {
  phase: StationPhase
  /** failed tries since the leg was last up */
  attempt: number
}

export type StationEvent =
  | { type: 'start' }
  | { type: 'lock' }
  | { type: 'lock_stolen' }
  | { type: 'connected' }
  | { type: 'disconnected' }
  | { type: 'failed' }
  | { type: 'refused' }
  | { type: 'stop' }

export type StationEffect =
  | { type: 'request_lock' }
  | { type: 'connect' }
  | { type: 'close' }
  | { type: 'retry_in'; ms: number }
  | { type: 'watch_in'; ms: number }

export const OFF: StationMachine = { phase: 'off', attempt: 0 }

/** ICE says 'disconnected' for a lost packet or two; this long it may come back by itself. */
export const GRACE_MS = 2500

/** 0.3, 0.6, 1.2, 2.4, 4.8, 5 … s: three tries inside the 10 s the customer hears music */
export function retryMs(attempt: number): number {
  return Math.min(5000, 300 * 2 ** Math.min(attempt, 5))
}

export function stationOn(m: StationMachine, ev: StationEvent): [StationMachine, StationEffect[]] {
  switch (ev.type) {
    case 'start':
      if (m.phase !== 'off' && m.phase !== 'refused') return [m, []]
      return [{ phase: 'waiting', attempt: 0 }, [{ type: 'request_lock' }]]
    case 'lock':
      if (m.phase === 'off') return [m, []]
      return [{ phase: 'connecting', attempt: 0 }, [{ type: 'connect' }]]
    case 'lock_stolen':
      if (m.phase === 'off') return [m, []]
      return [{ phase: 'elsewhere', attempt: 0 }, [{ type: 'close' }]]
    case 'connected':
      if (m.phase === 'off' || m.phase === 'elsewhere') return [m, []]
      return [{ phase: 'up', attempt: 0 }, []]
    case 'disconnected':
      if (m.phase !== 'up') return [m, []]
      return [{ phase: 'lost', attempt: 0 }, [{ type: 'watch_in', ms: GRACE_MS }]]
    case 'failed':
      if (m.phase === 'off' || m.phase === 'elsewhere' || m.phase === 'refused') return [m, []]
      return [
        { phase: 'lost', attempt: m.attempt + 1 },
        [{ type: 'close' }, { type: 'retry_in', ms: retryMs(m.attempt) }],
      ]
    case 'refused':
      if (m.phase === 'off') return [m, []]
      return [{ phase: 'refused', attempt: 0 }, [{ type: 'close' }]]
    case 'stop':
      return [OFF, [{ type: 'close' }]]
  }
}
