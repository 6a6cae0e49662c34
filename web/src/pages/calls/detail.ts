/* One call in full, as GET /api/v1/calls/{id} answers it. */
import type { CallRow, GateCheck, Id } from '@/api/types'

export interface CallEventRow {
  at_utc_ms: number
  kind: string
  by?: { id: Id; job_no: string; name: string } | string | null
  detail?: Record<string, unknown> | null
}

export interface ResultRow {
  id: Id
  code: string
  grade: string | null
  flags: number
  wechat?: string | null
  note: string | null
  promise: string | null
  next_utc_ms: number | null
  deal_fen?: number | null
  saved_utc_ms: number
  by?: { id: Id; job_no: string; name: string } | string | null
  by_system?: boolean
  correct_reason?: string | null
}

export interface CallDetail extends CallRow {
  answer_utc_ms?: number | null
  end_utc_ms?: number | null
  ended_by?: string | null
  recording_started_utc_ms?: number | null
  has_transcript: boolean
  script_key?: string | null
  script_name?: string | null
  script_version?: number | null
  events?: CallEventRow[]
  results?: ResultRow[]
  reviews?: { id: Id; form_key: string; state: string; score_centi?: number; verdict?: string }[]
  attempt?: { verdict: string; checks?: GateCheck[] } | null
  customer_then?: { grade?: string | null; status?: string | null; note?: string | null } | null
}

/** `1023 李娜`, whichever way the server names a person. */
export function personName(by: { job_no: string; name: string } | string | null | undefined): string {
  if (!by) return ''
  return typeof by === 'string' ? by : `${by.job_no} ${by.name}`
}
