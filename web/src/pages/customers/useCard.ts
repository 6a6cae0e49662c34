/* A customer's card: read, changed in place, noted, followed up, taken off the lists. */
import { computed, ref, shallowRef, watch } from 'vue'
import { api, ApiError } from '@/api/client'
import type { Id } from '@/api/types'
import type { Card, Why } from './types'

export function useCard(id: () => Id) {
  const card = shallowRef<Card | null>(null)
  const why = shallowRef<Why | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const whyError = shallowRef<ApiError | null>(null)
  const saveError = shallowRef<ApiError | null>(null)
  const campaign = ref('')
  const path = computed(() => `/api/v1/customers/${id()}`)

  async function guard(into: typeof error, work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      into.value = null
      return true
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      into.value = e
      return false
    }
  }
  const loadCard = () =>
    guard(error, async () => {
      card.value = await api.get<Card>(path.value)
    })
  const loadWhy = () =>
    guard(whyError, async () => {
      why.value = await api.get<Why>(`${path.value}/why`, { campaign_id: campaign.value })
    })
  async function load(): Promise<void> {
    await Promise.all([loadCard(), loadWhy()])
  }
  watch(
    id,
    () => {
      card.value = null
      why.value = null
      void load()
    },
    { immediate: true },
  )
  watch(campaign, () => void loadWhy())

  async function change(work: () => Promise<unknown>): Promise<boolean> {
    const ok = await guard(saveError, async () => {
      await work()
    })
    if (ok) await load()
    return ok
  }

  return {
    card,
    why,
    error,
    whyError,
    saveError,
    campaign,
    choose: (id: string) => void (campaign.value = id),
    load,
    patch: (fields: Record<string, unknown>) => change(() => api.patch(path.value, fields)),
    note: (text: string) => change(() => api.post(`${path.value}/notes`, { text })),
    followUp: (due_utc_ms: number, what: string) =>
      change(() => api.post(`${path.value}/followups`, { due_utc_ms, what })),
    refuse: (reason: string) => change(() => api.post(`${path.value}/dnc`, { reason })),
    unrefuse: () => change(() => api.delete(`${path.value}/dnc`)),
  }
}
export type CardDesk = ReturnType<typeof useCard>
