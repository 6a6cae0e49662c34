/* A line to a carrier, as the form edits it. Pure. */
import type { Id } from '@/api/types'

export const TRANSPORTS = ['udp', 'tcp', 'tls'] as const
export const FORMATS = ['e164', 'plain', 'national', 'no_zero', 'zero_away', 'as_given'] as const
export const IDENTITIES = ['from', 'pai', 'ppi'] as const

export interface TrunkFields {
  name: string
  enabled: boolean
  transport: string
  host: string
  port: number
  domain: string
  registered: boolean
  user: string
  secret: string
  local_addr: string
  advertise: string
  callee_format: string
  callee_prefix: string
  caller_format: string
  caller_prefix: string
  identity: string
  max_calls: number
  max_cps: number
  sources: string
  codecs: string
  options_s: number
}

export interface TrunkRow extends Partial<Omit<TrunkFields, 'sources' | 'codecs' | 'secret'>> {
  id: Id
  name: string
  sources?: string[]
  codecs?: string[]
  has_secret?: boolean
  numbers?: { id: Id; number: string }[]
  status?: {
    state: string
    calls_now?: number
    calls?: number
    text?: string | null
    last_sip_code?: number | null
    since_utc_ms?: number | null
  } | null
}

export interface Ladder {
  verdict: string
  zh: string
  en: string
  ladder: { at_ms: number; dir: string; text: string }[]
}

export function blankTrunk(): TrunkFields {
  return {
    name: '',
    enabled: true,
    transport: 'udp',
    host: '',
    port: 5060,
    domain: '',
    registered: false,
    user: '',
    secret: '',
    local_addr: '',
    advertise: '',
    callee_format: 'national',
    callee_prefix: '',
    caller_format: 'national',
    caller_prefix: '',
    identity: 'from',
    max_calls: 30,
    max_cps: 5,
    sources: '',
    codecs: 'PCMA PCMU',
    options_s: 30,
  }
}

export function trunkFields(row: TrunkRow): TrunkFields {
  const blank = blankTrunk()
  const known = Object.fromEntries(
    Object.keys(blank)
      .filter((k) => k in row && (row[k as keyof TrunkRow] ?? null) !== null)
      .map((k) => [k, row[k as keyof TrunkRow]]),
  )
  return {
    ...blank,
    ...known,
    sources: (row.sources ?? []).join(' '),
    codecs: (row.codecs?.length ? row.codecs : ['PCMA', 'PCMU']).join(' '),
    secret: '',
  }
}

const words = (text: string) => text.split(/[\s,，、]+/).filter((w) => w !== '')

/** What goes to the server: a secret only when one was typed, user and domain only when they mean something. */
export function trunkBody(f: TrunkFields): Record<string, unknown> {
  const { secret, sources, codecs, user, ...rest } = f
  return {
    ...rest,
    sources: words(sources),
    codecs: words(codecs.toUpperCase()),
    ...(f.registered ? { user } : {}),
    ...(secret !== '' ? { secret } : {}),
  }
}

const EXAMPLE = '13800138000'

/** The example number 138 0013 8000 as a carrier with this format and prefix would get it. */
export function exampleNumber(format: string, prefix: string): string {
  const as: Record<string, string> = {
    e164: `+86${EXAMPLE}`,
    plain: `86${EXAMPLE}`,
    national: EXAMPLE,
    no_zero: EXAMPLE,
    zero_away: `0${EXAMPLE}`,
    as_given: EXAMPLE,
  }
  return prefix + (as[format] ?? EXAMPLE)
}
