/* Notices a dead leg before the browser does.
 *
 * Chromium takes 8 s and more to call a silent ICE pair disconnected; the customer is kept for 10 s. Its checks go out
 * twice a second once nothing arrives, so several of them unanswered say the same within 4 s. */

export interface PairSample {
  /** everything that came in: media bytes and answered checks */
  received: number
  /** checks sent */
  sent: number
}

export const SILENT_MS = 2500
export const UNANSWERED = 3

export class StallWatch {
  private received = -1
  private sentThen = 0
  private since = 0

  /** @return true when the pair has been silent long enough with checks unanswered */
  push(s: PairSample, nowMs: number): boolean {
    if (s.received !== this.received) {
      this.received = s.received
      this.sentThen = s.sent
      this.since = nowMs
      return false
    }
    return nowMs - this.since >= SILENT_MS && s.sent - this.sentThen >= UNANSWERED
  }
}

/** The pair in use, from getStats(); null before there is one. */
export function pairOf(stats: Iterable<Record<string, unknown>>): PairSample | null {
  const all = [...stats]
  const transport = all.find((s) => s['type'] === 'transport')
  const pair = all.find((s) => s['type'] === 'candidate-pair' && s['id'] === transport?.['selectedCandidatePairId'])
  if (!pair) return null
  const n = (key: string) => Number(pair[key] ?? 0)
  return {
    received: n('bytesReceived') + n('responsesReceived') + n('requestsReceived'),
    sent: n('requestsSent') + n('consentRequestsSent'),
  }
}
