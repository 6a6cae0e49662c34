/* Campaigns as the server lists them, and what a form sends back. */
import type { Campaign, Id } from '@/api/types'

export type Tasks = Partial<Record<'new' | 'retry' | 'live' | 'done' | 'blocked', number>>

export interface CampaignRow extends Campaign {
  unit?: { id: Id; name: string } | null
  tasks?: Tasks
  created_utc_ms?: number
}

export interface TaskRow {
  id: Id
  state: string
  attempts: number
  due_utc_ms: number | null
  reason: string | null
  customer: { id: Id; name: string; grade: string | null } | null
  customer_id?: Id
  customer_name?: string
  grade?: string | null
  number: string
  place: string
}

export interface CampaignFields {
  name: string
  mode: string
  unit_id: Id
  script_key: string
  trunk_id: Id
  caller_number_id: Id
  ring_timeout_s: number
  wrapup_limit_s: number
  max_attempts: number
  agents: Id[]
}

export const MODES = ['manual', 'preview', 'progressive'] as const

export function blank(unit_id: Id): CampaignFields {
  return {
    name: '',
    mode: 'progressive',
    unit_id,
    script_key: '',
    trunk_id: '',
    caller_number_id: '',
    ring_timeout_s: 30,
    wrapup_limit_s: 120,
    max_attempts: 3,
    agents: [],
  }
}

export function fieldsOf(c: Campaign): CampaignFields {
  return {
    name: c.name,
    mode: c.mode,
    unit_id: c.unit_id ?? '',
    script_key: c.script_key ?? '',
    trunk_id: c.trunk_id ?? '',
    caller_number_id: c.caller_number_id ?? '',
    ring_timeout_s: c.ring_timeout_s,
    wrapup_limit_s: c.wrapup_limit_s,
    max_attempts: c.max_attempts,
    agents: [...(c.agents ?? [])],
  }
}

/** What goes to the server: an empty choice is left out. */
export function body(f: CampaignFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(f).filter(([, v]) => v !== ''))
}
