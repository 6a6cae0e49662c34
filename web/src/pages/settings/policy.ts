/* The calling policy: read from its stored body, said in sentences people can check, and edited as text. Pure. */

export type Window = [from: string, to: string]
export type DayKind = 'workday' | 'weekend' | 'holiday'
export const DAY_KINDS: DayKind[] = ['workday', 'weekend', 'holiday']

/** The body of a policy version; what this page does not edit is carried along as it is. */
export interface PolicyBody {
  zone?: string
  hours: Record<DayKind, Window[]>
  outer?: Window
  shift?: { province: string; minutes: number }[]
  callee?: { n: number; per_s: number; answered?: boolean }[]
  consent?: { required?: boolean; max_age_days?: number }
  [other: string]: unknown
}

export interface PolicyVersion {
  n: number
  valid_from_utc_ms: number
  made_utc_ms: number
  reason: string
  body: PolicyBody
}

export type Say = (key: string, named?: Record<string, unknown>) => string

export function windowsText(windows: Window[], none: string): string {
  return windows.length === 0 ? none : windows.map((w) => `${w[0]}–${w[1]}`).join('、')
}

/** '09:00-12:00, 14:00-20:30' as windows in order; null when a part is no window or two overlap. */
export function parseWindows(text: string): Window[] | null {
  const parts = text.split(/[,，、;；\s]+/).filter((p) => p !== '')
  const windows: Window[] = []
  for (const part of parts) {
    const m = /^([01]?\d|2[0-3]):([0-5]\d)[-–~至]([01]?\d|2[0-4]):([0-5]\d)$/.exec(part)
    if (!m) return null
    const [from, to] = [`${m[1]?.padStart(2, '0')}:${m[2]}`, `${m[3]?.padStart(2, '0')}:${m[4]}`]
    if (to <= from || to > '24:00') return null
    windows.push([from, to])
  }
  windows.sort((a, b) => a[0].localeCompare(b[0]))
  return windows.some((w, i) => i > 0 && w[0] < (windows[i - 1]?.[1] ?? '')) ? null : windows
}

/** A day is 24 hours, a week 7 days: spans are said in the largest unit that divides them. */
export function spanText(per_s: number, say: Say): string {
  for (const [unit, s] of [
    ['days', 86400],
    ['hours', 3600],
    ['minutes', 60],
  ] as const)
    if (per_s % s === 0) return say(`settings.policy.${unit}`, { n: per_s / s })
  return say('settings.policy.seconds', { n: per_s })
}

/** One sentence a rule, in the order the gate asks. */
export function policyWords(p: PolicyBody, say: Say): string[] {
  const none = say('settings.policy.noCalls')
  const words = DAY_KINDS.map((k) => say(`settings.policy.${k}`, { hours: windowsText(p.hours[k] ?? [], none) }))
  if (p.outer) words.push(say('settings.policy.outer', { hours: windowsText([p.outer], none) }))
  for (const s of p.shift ?? []) words.push(say('settings.policy.shifted', { province: s.province, n: s.minutes }))
  for (const c of p.callee ?? [])
    words.push(
      say(c.answered ? 'settings.policy.capAnswered' : 'settings.policy.cap', { n: c.n, span: spanText(c.per_s, say) }),
    )
  if (!p.consent?.required) words.push(say('settings.policy.noConsent'))
  else if (p.consent.max_age_days) words.push(say('settings.policy.consentDays', { n: p.consent.max_age_days }))
  else words.push(say('settings.policy.consent'))
  return words
}
