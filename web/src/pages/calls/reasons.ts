/* The rule behind a code of the gate. Pure. */

const GROUPS: [start: string, group: string][] = [
  ['E_GATE_DNC', 'dnc'],
  ['E_GATE_CONSENT', 'consent'],
  ['E_GATE_HOURS', 'hours'],
  ['E_GATE_CALLEE', 'often'],
  ['E_GATE_TALK', 'often'],
  ['E_GATE_CALLER', 'caller'],
  ['E_GATE_CAMPAIGN', 'campaign'],
  ['E_GATE_STOPPED', 'campaign'],
  ['E_GATE', 'number'],
]

/** 'consent' for E_GATE_CONSENT_NONE, 'max_attempts' as it is; null when it is not the gate's. */
export function reasonGroup(code: string): string | null {
  if (code === 'max_attempts') return code
  const upper = code.toUpperCase()
  const whole = upper.startsWith('E_') ? upper : `E_${upper}`
  return GROUPS.find(([start]) => whole.startsWith(start))?.[1] ?? null
}
