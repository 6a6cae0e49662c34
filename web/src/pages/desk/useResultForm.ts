/* The result of a call: choices by key, what is still missing, the draft kept while talking. */
import { computed, reactive, ref, watch } from 'vue'
import { api } from '@/api/client'
import type { CallResult, Id, ResultDef, ResultSet } from '@/api/types'
import type { ResultRow } from '@/pages/calls/detail'
import type { KeyMap } from '@/components/keys'
import { atClock, fieldsOf } from '@/util/format'

export interface NextPreset {
  key: 'today' | 'tomorrow' | 'saturday'
  atUtcMs: number
}

/** 今天 17:00, 明天 10:00, 周六 10:00 — what is already past or doubled is left out. */
export function nextPresets(nowMs: number): NextPreset[] {
  const all: NextPreset[] = []
  const today = atClock(nowMs, 0, 17)
  if (today > nowMs + 15 * 60_000) all.push({ key: 'today', atUtcMs: today })
  const weekday = fieldsOf(nowMs).weekday
  all.push({ key: 'tomorrow', atUtcMs: atClock(nowMs, 1, 10) })
  const toSaturday = (6 - weekday + 7) % 7 || 7
  if (toSaturday !== 1) all.push({ key: 'saturday', atUtcMs: atClock(nowMs, toSaturday, 10) })
  return all
}

export interface ResultModel {
  code: string
  grade: string
  flags: number
  wechat: boolean
  dealYuan: string
  nextUtcMs: number | null
  promise: string
  note: string
}

export function emptyModel(): ResultModel {
  return { code: '', grade: '', flags: 0, wechat: false, dealYuan: '', nextUtcMs: null, promise: '', note: '' }
}

export function isEmpty(m: ResultModel): boolean {
  return !m.code && !m.grade && !m.flags && !m.wechat && !m.dealYuan && m.nextUtcMs === null && !m.promise && !m.note
}

/** Whole fen from what was typed: '3600', '3,600.5', '¥3600.00'; null when it is no amount. */
export function fenOf(text: string): number | null {
  const t = text.replace(/[¥￥,，\s]/g, '')
  if (!/^\d{1,9}(\.\d{0,2})?$/.test(t)) return null
  const [yuan = '0', cents = ''] = t.split('.')
  return Number(yuan) * 100 + Number(cents.padEnd(2, '0'))
}

/** What the chosen result still needs: 'code', 'grade', 'next', 'deal'. */
export function missing(m: ResultModel, def: ResultDef | undefined): string[] {
  if (!def) return ['code']
  const needs = new Set(def.needs ?? [])
  const lacks: string[] = []
  if (needs.has('grade') && !m.grade) lacks.push('grade')
  if (needs.has('next') && m.nextUtcMs === null) lacks.push('next')
  if ((needs.has('deal') || def.code === 'deal') && fenOf(m.dealYuan) === null) lacks.push('deal')
  return lacks
}

export function toBody(m: ResultModel): CallResult {
  return {
    code: m.code,
    ...(m.grade ? { grade: m.grade } : {}),
    flags: m.flags,
    wechat: m.wechat,
    ...(fenOf(m.dealYuan) !== null ? { deal_fen: fenOf(m.dealYuan) } : {}),
    ...(m.nextUtcMs !== null ? { next_utc_ms: m.nextUtcMs } : {}),
    ...(m.promise ? { promise: m.promise } : {}),
    ...(m.note ? { note: m.note } : {}),
  }
}

/** The way back from a draft the server kept. */
export function fromBody(b: Partial<CallResult>): ResultModel {
  return {
    ...emptyModel(),
    code: b.code ?? '',
    grade: b.grade ?? '',
    flags: b.flags ?? 0,
    wechat: b.wechat ?? false,
    // the server's draft says 0 for what was left empty
    dealYuan: b.deal_fen ? String(b.deal_fen / 100) : '',
    nextUtcMs: b.next_utc_ms || null,
    promise: b.promise ?? '',
    note: b.note ?? '',
  }
}

/** A saved result, as the form shows it when it is corrected. */
export function modelOf(r: ResultRow): ResultModel {
  return {
    code: r.code,
    grade: r.grade ?? '',
    flags: r.flags,
    wechat: Boolean(r.wechat),
    dealYuan: r.deal_fen ? String(r.deal_fen / 100) : '',
    nextUtcMs: r.next_utc_ms,
    promise: r.promise ?? '',
    note: r.note ?? '',
  }
}

const DRAFT_AFTER_MS = 600
const storeKey = (id: Id) => `hujiao.draft.${id}`

function kept(id: Id): ResultModel | null {
  try {
    const text = sessionStorage.getItem(storeKey(id))
    return text ? { ...emptyModel(), ...(JSON.parse(text) as Partial<ResultModel>) } : null
  } catch {
    return null
  }
}
function keep(id: Id, m: ResultModel | null): void {
  try {
    if (m) sessionStorage.setItem(storeKey(id), JSON.stringify(m))
    else sessionStorage.removeItem(storeKey(id))
  } catch {
    // the server's draft remains
  }
}

export interface ResultFormOptions {
  now: () => number
  /** the call has ended: Enter may save */
  mayClose: () => boolean
  /** the result is kept; after a correction, and before a break, the page stays with its customer */
  saved: (stays: boolean) => void
  focusNote: () => void
  pickTime: () => void
}

export function useResultForm(o: ResultFormOptions) {
  const set = ref<ResultSet | null>(null)
  const callId = ref<Id | null>(null)
  /** set while a wrong result of today is being corrected */
  const correcting = ref(false)
  const reason = ref('')
  const model = reactive<ResultModel>(emptyModel())
  const error = ref<unknown>(null)
  const busy = ref(false)
  /** fields to point at, after an attempt to save */
  const lacks = ref<string[]>([])
  let timer: ReturnType<typeof setTimeout> | null = null

  const choices = computed(() => (set.value?.results ?? []).filter((r) => r.key))
  const chosen = computed(() => set.value?.results.find((r) => r.code === model.code))
  const grade = computed(() => set.value?.grades.find((g) => g.code === model.grade))
  const active = computed(() => callId.value !== null)

  async function loadSet(): Promise<void> {
    set.value = await api.get<ResultSet>('/api/v1/result-set')
  }

  function assign(m: ResultModel): void {
    Object.assign(model, m)
  }

  /** Another call: the draft of this page, else what the server knows of it. */
  function open(id: Id | null, begun: Partial<CallResult> | null = null): void {
    if (id === callId.value && !correcting.value) return
    if (timer) clearTimeout(timer)
    callId.value = null
    correcting.value = false
    assign((id && kept(id)) || fromBody(begun ?? {}))
    lacks.value = []
    error.value = null
    callId.value = id
  }

  function correct(id: Id, m: ResultModel): void {
    callId.value = null
    assign(m)
    correcting.value = true
    reason.value = ''
    callId.value = id
  }

  function choose(def: ResultDef): void {
    if (!active.value) return
    model.code = model.code === def.code ? '' : def.code
    if (def.code === 'wechat' && model.code) model.wechat = true
    lacks.value = []
  }
  function chooseGrade(code: string): void {
    if (active.value) model.grade = model.grade === code ? '' : code
  }
  function toggleFlag(bit: number): void {
    if (!active.value) return
    model.flags ^= bit
    // The quick buttons work at once: 勿再拨 must hold even when the form is never saved.
    if (callId.value && !correcting.value)
      void api
        .post(`/api/v1/calls/${callId.value}/flag`, { bit, on: (model.flags & bit) !== 0 })
        .catch((e: unknown) => (error.value = e))
  }
  /** N walks through the presets, then opens the picker. */
  function cycleNext(): void {
    if (!active.value) return
    const presets = nextPresets(o.now())
    const i = presets.findIndex((p) => p.atUtcMs === model.nextUtcMs)
    const next = presets[i + 1]
    if (next && (i >= 0 || model.nextUtcMs === null)) model.nextUtcMs = next.atUtcMs
    else o.pickTime()
  }

  watch(model, () => {
    const id = callId.value
    if (!id || correcting.value) return
    keep(id, isEmpty(model) ? null : { ...model })
    if (timer) clearTimeout(timer)
    timer = setTimeout(() => {
      void api.post(`/api/v1/calls/${id}/result?draft=1`, toBody(model)).catch(() => {})
    }, DRAFT_AFTER_MS)
  })

  async function save(then: 'next' | 'break'): Promise<void> {
    const id = callId.value
    if (!id || busy.value || (!o.mayClose() && !correcting.value)) return
    lacks.value = missing(model, chosen.value)
    if (lacks.value.length) return
    if (timer) clearTimeout(timer)
    busy.value = true
    error.value = null
    const wasCorrection = correcting.value
    try {
      if (wasCorrection) await api.put(`/api/v1/calls/${id}/result`, { ...toBody(model), reason: reason.value })
      else await api.post(`/api/v1/calls/${id}/result`, { ...toBody(model), then })
      keep(id, null)
      callId.value = null
      correcting.value = false
      assign(emptyModel())
      o.saved(wasCorrection || then === 'break')
    } catch (e) {
      error.value = e
    } finally {
      busy.value = false
    }
  }

  /** Letters A-D are grades, so the flag keys and the rest avoid them. */
  function keys(): NonNullable<KeyMap['single']> {
    const map: NonNullable<KeyMap['single']> = {
      n: () => (active.value ? cycleNext() : false),
      m: () => (active.value ? o.focusNote() : false),
      w: () => (active.value ? void (model.wechat = !model.wechat) : false),
      Enter: () => (active.value ? void save('next') : false),
      'Shift+Enter': () => (active.value ? void save('break') : false),
    }
    for (const r of choices.value) if (r.key) map[r.key.toLowerCase()] = () => (active.value ? choose(r) : false)
    for (const g of set.value?.grades ?? [])
      map[g.code.toLowerCase()] = () => (active.value ? chooseGrade(g.code) : false)
    for (const f of set.value?.flags ?? []) map[f.key.toLowerCase()] = () => (active.value ? toggleFlag(f.bit) : false)
    return map
  }

  return {
    set,
    choices,
    chosen,
    grade,
    model,
    callId,
    active,
    correcting,
    reason,
    error,
    busy,
    lacks,
    loadSet,
    open,
    correct,
    choose,
    chooseGrade,
    toggleFlag,
    cycleNext,
    save,
    keys,
  }
}
