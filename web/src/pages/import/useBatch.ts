/* One import from uploaded file to applied rows; while the server works, its progress is asked for. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, ApiError } from '@/api/client'
import type { Id, ImportBatch } from '@/api/types'
import { proposed, type Mapping } from './mapping'

const POLL_MS = 700
const WORKING = ['classifying', 'applying']

export interface Facts {
  source: string
  supplier: string
  basis: string
  purpose: string
  responsible_id: Id
}

export function useBatch(id: () => Id, me: Id) {
  const batch = shallowRef<ImportBatch | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const actError = shallowRef<ApiError | null>(null)
  const mapping = ref<Mapping>({})
  const facts = ref<Facts>({ source: '', supplier: '', basis: 'web', purpose: 'marketing', responsible_id: me })
  const campaignId = ref<Id>('')
  /** mapping and facts are being changed again although a preview exists */
  const isEditing = ref(false)
  let timer = 0

  function take(b: ImportBatch): void {
    const first = batch.value?.id !== b.id
    batch.value = b
    clearTimeout(timer)
    if (WORKING.includes(b.state)) timer = window.setTimeout(() => void load(), POLL_MS)
    if (!first) return
    const had = Object.entries(b.mapping ?? {})
    mapping.value = had.length ? (Object.fromEntries(had) as unknown as Mapping) : proposed(b.columns)
    // A fresh upload has no facts yet, only their empty values.
    if (!b.facts?.source) return
    for (const key of ['source', 'supplier', 'basis', 'purpose', 'responsible_id'] as const)
      if (b.facts[key]) facts.value[key] = b.facts[key]
  }

  async function load(): Promise<void> {
    const wanted = id()
    try {
      const b = await api.get<ImportBatch>(`/api/v1/imports/${wanted}`)
      if (wanted !== id()) return
      take(b)
      error.value = null
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      error.value = e
    }
  }
  watch(id, () => void load(), { immediate: true })
  onScopeDispose(() => clearTimeout(timer))

  async function act(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      actError.value = null
      await load()
      return true
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      actError.value = e
      return false
    }
  }

  const path = () => `/api/v1/imports/${id()}`
  const step = computed(() => {
    const state = batch.value?.state
    if (state === 'done') return 4
    if (state === 'applying') return 4
    if (state === 'classified' && !isEditing.value) return 3
    return 2
  })

  return {
    batch,
    error,
    actError,
    mapping,
    facts,
    campaignId,
    isEditing,
    step,
    isWorking: computed(() => WORKING.includes(batch.value?.state ?? '')),
    load,
    classify: async () => {
      const campaign = campaignId.value ? { campaign_id: campaignId.value } : {}
      const { responsible_id, ...stated } = facts.value
      const sent = responsible_id ? { ...stated, responsible_id } : stated
      if (await act(() => api.put(path(), { mapping: mapping.value, facts: sent, ...campaign })))
        isEditing.value = false
    },
    apply: () => act(() => api.post(`${path()}/apply`)),
    cancel: () => act(() => api.post(`${path()}/cancel`)),
    proof: (file: File) => act(() => api.upload(`${path()}/proof`, file, { file_name: file.name })),
  }
}
