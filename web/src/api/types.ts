/* The program's HTTP API as the pages use it. Ids are strings, times UTC milliseconds, money fen, shares basis points. */

export type Id = string

export interface Problem {
  type?: string
  title: string
  status: number
  detail?: string
  code?: string
  args?: Record<string, string>
  fields?: { field: string; detail: string }[]
  /** the gate's verdict on a call it refused */
  verdict?: Verdict
}

export interface List<T> {
  items: T[]
  total: number | null
  next: string | null
}

export type Role = 'agent' | 'supervisor' | 'inspector' | 'manager' | 'administrator'

export type Permission =
  | 'desk.use'
  | 'board.see'
  | 'call.monitor'
  | 'call.end'
  | 'customer.see'
  | 'customer.edit'
  | 'dnc.edit'
  | 'import.do'
  | 'campaign.edit'
  | 'script.edit'
  | 'call.see'
  | 'recording.play'
  | 'review.do'
  | 'figures.see'
  | 'people.edit'
  | 'trunk.edit'
  | 'settings.edit'
  | 'audit.see'

export interface Me {
  id: Id
  job_no: string
  name: string
  role: Role
  unit: { id: Id; name: string } | null
  permissions: Permission[]
  lang: 'zh' | 'en'
  company: string
  demo: boolean
  station_kind: StationKind
  /** Where his calls are run; `addr` is that server's page, empty when no server does. */
  cell: { id: number; here: boolean; addr: string }
}

/* ---- desk ---- */

export type StationKind = 'web' | 'phone' | 'none'
export type AgentStatus = 'offline' | 'ready' | 'paused'
export type AgentState = 'idle' | 'reserved' | 'ringing' | 'talking' | 'holding' | 'wrapup'
export type CallState = 'dialing' | 'ringing' | 'early' | 'talking' | 'holding' | 'ended'
export type Direction = 'out' | 'in'
export type CampaignMode = 'preview' | 'progressive' | 'predictive' | 'manual' | 'inbound'

export interface StationInfo {
  kind: StationKind
  state: 'none' | 'connecting' | 'up' | 'lost'
  elsewhere: boolean
}

export interface DeskCall {
  id: Id
  direction: Direction
  state: CallState
  muted: boolean
  held: boolean
  recording: boolean
  started_utc_ms: number
  answered_utc_ms: number | null
  bridged_utc_ms: number | null
  ended_utc_ms: number | null
  outcome: string | null
  result_saved: boolean
  wrapup_limit_utc_ms: number | null
  customer_id: Id | null
  customer_name: string | null
  call_as: string | null
  number: string
  place: string
  task_id: Id | null
  flags: number
  transfer: null | { to: Id; name?: string; state: string }
  listened: boolean
  campaign_id?: Id | null
  /** the form as it was last kept, for another computer or a reload */
  draft?: Partial<CallResult> | null
}

export interface TodayFigures {
  dialed: number
  connected: number
  talk_ms: number
  interested: number
  wechat: number
  visits: number
  deals: number
}

export interface PauseLeft {
  used: number
  limit: number | null
  minutes: number | null
  zh?: string
  en?: string
}

export interface DeskState {
  status: AgentStatus
  reason: string | null
  state: AgentState
  since_utc_ms: number
  now_utc_ms: number
  station: StationInfo
  campaign: { id: Id; name: string; mode: CampaignMode; running?: boolean } | null
  call: DeskCall | null
  today: TodayFigures & { targets: Partial<TodayFigures> }
  pause_left: Record<string, PauseLeft>
  wrapup_overdue?: boolean
  /** whom a supervisor listens to */
  listening_to?: Id | null
}

export type WorkKind = 'promise' | 'due' | 'new' | 'list' | 'missed'

export interface WorkItem {
  task_id: Id | null
  followup_id: Id | null
  customer_id: Id
  name: string
  grade: string | null
  number: string
  place: string
  why_zh: string
  why_en: string
  due_utc_ms: number | null
  overdue_ms: number | null
  kind: WorkKind
}

export interface WorkList {
  items: WorkItem[]
  total?: number | null
  next?: string | null
  rule_zh?: string
  rule_en?: string
}

export interface GateCheck {
  code: string
  ok: boolean
  /** not asked, as an earlier rule already refused */
  skipped?: boolean
  zh: string
  en: string
  /** name of the error behind a refusal, '' when it passed */
  detail?: string
}

export interface Verdict {
  dialable: boolean
  code: string | null
  detail_zh?: string
  detail_en?: string
  next_possible_utc_ms: number | null
  policy_version?: number
  checks: GateCheck[]
}

export interface WhyNot extends Verdict {
  detail: string | null
}

export interface ResultDef {
  code: string
  key: string | null
  zh: string
  en: string
  connected: boolean
  intent?: boolean
  final?: boolean
  needs?: string[]
}

export interface ResultSet {
  results: ResultDef[]
  grades: { code: string; zh: string; en?: string; days: number | null }[]
  flags: { bit: number; key: string; zh: string; en?: string }[]
}

export interface CallResult {
  code: string
  grade?: string | null
  flags?: number
  wechat?: boolean
  deal_fen?: number | null
  next_utc_ms?: number | null
  promise?: string
  note?: string
  then?: 'next' | 'break'
  reason?: string
}

export interface ScriptStep {
  key: string
  zh: string
  text: string
  required: { key: string; text: string }[]
}

export interface Objection {
  q: string
  a: string
  initials?: string
}

export interface Script {
  key: string
  version: number
  name: string
  steps: ScriptStep[]
  objections: Objection[]
}

/* ---- board ---- */

export interface TileCall {
  id: Id
  customer_name: string | null
  place: string
  why_zh: string
  why_en?: string
  campaign_name: string | null
  nth_contact: number | null
}

export interface Alarm {
  kind: 'wrapup_overdue' | 'break_overdue'
  since_utc_ms: number
  text_zh: string
  text_en: string
}

export interface Tile {
  role?: Role
  unit_id?: Id
  person_id: Id
  job_no: string
  name: string
  status: AgentStatus
  reason: string | null
  state: AgentState
  since_utc_ms: number
  call: TileCall | null
  alarm: Alarm | null
  today: { dialed: number; connected: number; interested: number; talk_ms?: number }
  listened?: boolean
}

export interface Strip {
  /** share of today's work that should be done by now; absent when the server knows no working hours */
  pace_bp?: number | null
  dialed: number
  connected: number
  connect_rate_bp: number | null
  talk_ms: number
  interested: number
  deals: number
  deal_fen: number
  targets: Partial<Record<'dialed' | 'connected' | 'connect_rate_bp' | 'talk_ms' | 'interested' | 'deals', number>>
  sparks: Partial<Record<'dialed' | 'connected' | 'connect_rate_bp' | 'talk_ms' | 'interested' | 'deals', number[]>>
}

/** Once a second, for each unit the supervisor sees. */
export interface StripEvent {
  unit_id: Id
  strip: Strip
  lines: Board['lines']
  queue: Board['queue']
  lists: Board['lists']
}

export interface Board {
  unit: { id: Id; name: string } | null
  agents: Tile[]
  strip: Strip
  lines: { used: number; limit: number }
  queue: {
    waiting: number
    longest_ms: number
    service_level_bp: number | null
    abandon_bp: number | null
    missed_open: number
    /** of these past their due time, and when the first was due */
    missed_late: number
    late_since_utc_ms: number | null
  }
  lists: {
    campaign_id: Id
    name: string
    left: number
    total?: number
    connect_rate_bp: number | null
    interested: number
  }[]
  /** What is wrong with the house itself. */
  alarms?: { kind: string; since_utc_ms: number; text_zh: string; text_en: string }[]
  now_utc_ms?: number
}

export type MonitorMode = 'listen' | 'whisper' | 'barge' | 'off'

/* ---- customers ---- */

export interface CustomerRow {
  id: Id
  name: string
  grade: string | null
  status: string
  number: string
  place: string
  owner: { id: Id; job_no: string; name: string } | null
  last_contact_utc_ms?: number | null
  next_utc_ms?: number | null
  calls?: number
}

export interface CustomerPhone {
  id: Id
  number: string
  place: string
  kind: string
  dnc: boolean
}

export interface RecentCall {
  id: Id
  start_utc_ms: number
  outcome: string
  result: string | null
  grade?: string | null
  talk_ms: number
  ring_ms?: number
  /** his name; '' for a call nobody had */
  agent: string
  agent_id: Id | null
  note: string | null
}

export interface CustomerCard {
  id: Id
  name: string
  call_as: string | null
  gender: string | null
  grade: string | null
  status: string
  owner: { id: Id; job_no: string; name: string } | null
  protected_until_utc_ms?: number | null
  unit: { id: Id; name: string } | null
  source: string | null
  batch: { id: Id; name: string } | string | null
  consent: {
    basis: string
    given_utc_ms: number | null
    expires_utc_ms: number | null
    source: string | null
  } | null
  phones: CustomerPhone[]
  contacts: { id: Id; name: string; relation: string; number?: string }[]
  key_points: { need?: string; doubt?: string; feedback?: string; agreed?: string }
  next: { at_utc_ms: number; promise: string | null; by?: string } | null
  calls: { total: number; connected: number; recent: RecentCall[] }
  notes: { id: Id; at_utc_ms: number; by: string; text: string }[]
  followups: { id: Id; due_utc_ms: number; what: string; state: string }[]
  deals: { id: Id; at_utc_ms: number; amount_fen: number; what: string }[]
  dial: { today: number; limit: number }
}

/* ---- imports ---- */

export type ImportClass = 'new' | 'updated' | 'duplicate' | 'invalid' | 'blocked'

export interface ImportBatch {
  id: Id
  file_name: string
  format: string
  state: string
  error: string | null
  columns: { index: number; header: string; guess: string | null; samples: string[] }[]
  mapping: Record<string, string> | null
  facts: {
    source?: string
    supplier?: string
    basis?: string
    purpose?: string
    proof_file?: string
    responsible_id?: Id
  } | null
  rows_total: number
  rows_done: number
  counts: Partial<Record<ImportClass, number>>
  dialable: number | null
  not_dialable: { code: string; zh: string; en: string; count: number }[]
  created_utc_ms?: number
}

/* ---- campaigns and scripts ---- */

export interface Campaign {
  id: Id
  name: string
  mode: CampaignMode
  state: string
  unit_id: Id | null
  script_key: string | null
  trunk_id: Id | null
  caller_number_id: Id | null
  ring_timeout_s: number
  wrapup_limit_s: number
  max_attempts: number
  agents: Id[]
}

/* ---- calls, quality ---- */

export interface CallRow {
  id: Id
  start_utc_ms: number
  direction: Direction
  customer: { id: Id; name: string; grade: string | null } | null
  number: string
  place: string
  agent: { id: Id; job_no: string; name: string } | null
  campaign: { id: Id; name: string } | string | null
  outcome: string
  result: string | null
  grade: string | null
  talk_ms: number
  ring_ms: number
  recording: boolean
  score_centi: number | null
  verdict: 'pass' | 'fail' | null
  flags: number
}

export interface Transcript {
  source: string
  lines: { at_ms: number; end_ms: number; side: 'agent' | 'customer'; text: string }[]
}

export interface Peaks {
  ms: number
  step_ms: number
  customer: number[]
  agent: number[]
}

export interface Scorecard {
  name: string
  key?: string
  version?: number
  max_centi: number
  pass_centi: number
  mode: 'deduct' | 'weighted'
  sections: {
    name: string
    items: {
      key: string
      name: string
      points_centi: number
      step_centi: number
      class: 'NC' | 'BC' | 'CC' | 'CoC'
      fatal: boolean
    }[]
  }[]
  fatal: { key: string; name: string }[]
  remarks: string[]
}

export interface ReviewItem {
  item_key: string
  is_na?: boolean
  deduct_centi: number
  from_ms: number | null
  to_ms: number | null
  remark: string | null
}

export interface Review {
  id: Id
  call_id: Id
  form_key: string
  form_version?: number
  state: string
  items: ReviewItem[]
  fatal: string[]
  remark: string | null
  score_centi: number
  max_centi: number
  pass_centi: number
  verdict: 'pass' | 'fail'
  short_by_centi: number
}

/* ---- figures ---- */

export interface FigureRow {
  key: Id
  name: string
  job_no: string | null
  dialed: number
  connected: number
  connect_rate_call_bp: number | null
  numbers: number
  numbers_connected: number
  connect_rate_number_bp: number | null
  effective: number
  talk_ms: number
  interested: number
  wechat: number
  visits: number
  deals: number
  deal_fen: number
}

export interface Figures {
  from: number
  to: number
  rows: FigureRow[]
  total: FigureRow
  funnel: { code: string; zh: string; en: string; count: number; rate_bp: number | null }[]
  daily: { day: number; dialed: number; connected: number; connect_rate_bp: number | null }[]
  formulas: Record<string, { zh: string; en: string; version: string | number }>
  excluded: { machine: number; blocked: number }
  targets?: { connect_rate_bp?: number | null }
}

/* ---- live events ---- */

export interface Notice {
  kind: string
  text_zh: string
  text_en: string
  at_utc_ms: number
  link: string | null
}

export interface Kicked {
  at_utc_ms: number
  addr: string
  user_agent: string
}

export interface JobEvent {
  id: Id
  kind: string
  progress: number
  state: string
}

export interface LiveEvents {
  desk: DeskState
  board: { agents: Tile[] }
  tile: Tile
  strip: StripEvent
  notice: Notice
  job: JobEvent
  kicked: Kicked
  reset: Record<string, never>
}
