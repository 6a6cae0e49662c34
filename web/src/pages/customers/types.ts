/* Rows and checks of the customer pages, as the server sends them. */
import type { CustomerCard, GateCheck, Id } from '@/api/types'

export interface CustomerListRow {
  id: Id
  name: string
  grade: string | null
  status: string
  company?: string | null
  owner: { id: Id; job_no: string; name: string } | null
  unit?: { id: Id; name: string } | null
  number?: string
  place?: string
  phones?: { number: string; place: string; dnc?: boolean }[]
  attempts?: number
  answered?: number
  last_contact_utc_ms?: number | null
  last_result?: string | null
  next_contact_utc_ms?: number | null
  next_promise?: string | null
}

export interface Check extends GateCheck {
  detail_zh?: string
  detail_en?: string
  skipped?: boolean
}

export interface Why {
  dialable: boolean
  code: string | null
  detail: string | null
  next_possible_utc_ms: number | null
  checks: Check[]
}

export type Card = CustomerCard

export function numberOf(row: CustomerListRow): { number: string; place: string } {
  const first = row.phones?.[0]
  return { number: row.number ?? first?.number ?? '', place: row.place ?? first?.place ?? '' }
}

export const DNC_REASONS = [
  'customer_request',
  'complaint',
  'regulator',
  'carrier_signal',
  'wrong_number',
  'minor',
  'deceased',
  'litigation',
  'competitor',
  'employee',
  'list',
] as const

export const GRADES = ['A', 'B', 'C', 'D'] as const
export const STATUSES = ['new', 'unreached', 'contacted', 'interested', 'deal', 'refused', 'invalid', 'dnc'] as const
