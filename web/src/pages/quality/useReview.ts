/* The scorecard being filled for one call: opens at full marks, recalculates at once, saves by itself. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, ApiError } from '@/api/client'
import type { Id, Review, Scorecard } from '@/api/types'
import { useClock } from '@/stores/clock'
import type { Stretch } from '@/wave/marks'
import { itemsOf, scoreOf, step, toggleRemark, type Deduction, type Deductions, type Score } from './score'

const SAVE_AFTER_MS = 600
const NOTHING: Deduction = { deduct_centi: 0, from_ms: null, to_ms: null, remark: '' }

export function useReview(callId: () => Id | null, formKey: () => string) {
  const clock = useClock()
  const form = shallowRef<Scorecard | null>(null)
  const review = shallowRef<Review | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const saveError = shallowRef<ApiError | null>(null)
  const deductions = ref<Deductions>({})
  const fatal = ref<string[]>([])
  const remark = ref('')
  const active = ref<number | null>(null)
  const pending = shallowRef<Stretch | null>(null)
  const savedUtcMs = ref<number | null>(null)
  const fromServer = shallowRef<Score | null>(null)
  let timer = 0
  let edits = 0
  let savedEdits = 0

  const items = computed(() => (form.value ? itemsOf(form.value) : []))
  const activeItem = computed(() => (active.value === null ? null : (items.value[active.value] ?? null)))
  const isSubmitted = computed(() => review.value?.state === 'submitted')
  const score = computed<Score | null>(() => {
    if (!form.value) return null
    return fromServer.value ?? scoreOf(form.value, deductions.value, fatal.value)
  })

  function fill(r: Review): void {
    review.value = r
    const taken: Deductions = {}
    for (const i of r.items)
      taken[i.item_key] = {
        deduct_centi: i.deduct_centi,
        from_ms: i.from_ms,
        to_ms: i.to_ms,
        remark: i.remark ?? '',
        ...(i.is_na ? { is_na: true } : {}),
      }
    deductions.value = taken
    fatal.value = [...r.fatal]
    remark.value = r.remark ?? ''
    active.value = null
    pending.value = null
    fromServer.value = null
    savedUtcMs.value = null
    edits = savedEdits = 0
  }

  async function open(): Promise<void> {
    clearTimeout(timer)
    const call = callId()
    const key = formKey()
    error.value = saveError.value = null
    review.value = null
    if (!call || !key) return
    try {
      const r = await api.post<Review>(`/api/v1/calls/${call}/reviews`, { form_key: key })
      // A draft keeps the version of the form it was opened with.
      const f = await api.get<Scorecard>(`/api/v1/scorecards/${key}`, { version: r.form_version })
      if (callId() !== call || formKey() !== key) return
      form.value = f
      fill(r)
    } catch (e) {
      if (e instanceof ApiError && callId() === call) error.value = e
    }
  }
  watch([callId, formKey], () => void open(), { immediate: true })

  function body() {
    return {
      items: Object.entries(deductions.value)
        .filter(([, d]) => d.deduct_centi > 0 || d.remark !== '' || d.from_ms !== null || d.is_na)
        .map(([item_key, d]) => ({ item_key, ...d })),
      fatal: fatal.value,
      remark: remark.value,
    }
  }

  /** Sends what is not saved yet; true when the server has everything. */
  async function save(): Promise<boolean> {
    clearTimeout(timer)
    const r = review.value
    if (!r || edits === savedEdits) return saveError.value === null
    const sent = edits
    try {
      const s = await api.put<Omit<Score, 'taken_centi'>>(`/api/v1/reviews/${r.id}`, body())
      if (review.value?.id !== r.id) return true
      savedEdits = sent
      savedUtcMs.value = clock.nowMs
      saveError.value = null
      if (sent === edits && form.value)
        fromServer.value = { ...s, taken_centi: scoreOf(form.value, deductions.value, []).taken_centi }
      return sent === edits
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      saveError.value = e
      return false
    }
  }

  function touched(): void {
    edits++
    fromServer.value = null
    clearTimeout(timer)
    timer = window.setTimeout(() => void save(), SAVE_AFTER_MS)
  }

  function change(key: string, by: Partial<Deduction>): void {
    if (isSubmitted.value) return
    const next = { ...(deductions.value[key] ?? NOTHING), ...by }
    deductions.value = { ...deductions.value, [key]: next }
    touched()
  }

  /** Takes (1) or gives back (-1) one step of the active item; with everything given back the tie goes too. */
  function stepActive(by: 1 | -1): void {
    const item = activeItem.value
    if (!item) return
    const now = deductions.value[item.key]?.deduct_centi ?? 0
    const deduct_centi = step(item, now, by)
    change(
      item.key,
      deduct_centi === 0 ? { deduct_centi, from_ms: null, to_ms: null } : { deduct_centi, is_na: undefined },
    )
  }

  /** Whether the active item applies to this call; only weighted forms can leave one out. */
  function toggleNa(): void {
    const item = activeItem.value
    if (!item || form.value?.mode !== 'weighted') return
    if (deductions.value[item.key]?.is_na) change(item.key, { is_na: undefined })
    else change(item.key, { is_na: true, deduct_centi: 0, from_ms: null, to_ms: null })
  }

  /** Ties the active item to a stretch and takes one step if nothing was taken; without an item it waits for one. */
  function tie(stretch: Stretch): void {
    const item = activeItem.value
    if (!item) {
      pending.value = stretch
      return
    }
    const taken = deductions.value[item.key]?.deduct_centi ?? 0
    change(item.key, { ...stretch, deduct_centi: taken > 0 ? taken : step(item, 0, 1), is_na: undefined })
  }

  function select(index: number | null): void {
    active.value = index !== null && index < items.value.length ? index : null
    const waiting = pending.value
    if (active.value === null || !waiting) return
    pending.value = null
    tie(waiting)
  }

  function toggleFatal(key: string): void {
    if (isSubmitted.value) return
    fatal.value = fatal.value.includes(key) ? fatal.value.filter((k) => k !== key) : [...fatal.value, key]
    touched()
  }

  function useRemark(text: string): void {
    if (isSubmitted.value) return
    remark.value = toggleRemark(remark.value, text)
    touched()
  }

  function writeRemark(text: string): void {
    remark.value = text
    touched()
  }

  async function submit(): Promise<boolean> {
    const r = review.value
    if (!r || isSubmitted.value || !(await save())) return false
    try {
      await api.post(`/api/v1/reviews/${r.id}/submit`)
      review.value = { ...r, state: 'submitted' }
      return true
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      saveError.value = e
      return false
    }
  }

  onScopeDispose(() => void save())

  return {
    form,
    review,
    error,
    saveError,
    deductions,
    fatal,
    remark,
    active,
    activeItem,
    pending,
    savedUtcMs,
    items,
    score,
    isSubmitted,
    open,
    save,
    select,
    stepActive,
    toggleNa,
    tie,
    change,
    toggleFatal,
    useRemark,
    writeRemark,
    submit,
  }
}

export type ReviewDesk = ReturnType<typeof useReview>
