/* Calls waiting to be judged, and which one is on the bench. */
import { computed, ref, shallowRef } from 'vue'
import { api, ApiError } from '@/api/client'
import type { CallRow, Id } from '@/api/types'
import { preload } from '@/wave/useRecording'

export interface Queue {
  items: CallRow[]
  total: number | null
  /** this inspector's share of the week */
  done?: number
  target?: number
}

export function useQueue(current: () => Id | null) {
  const queue = shallowRef<Queue | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const doneHere = ref<Id[]>([])

  async function load(): Promise<void> {
    try {
      queue.value = await api.get<Queue>('/api/v1/review-queue', { size: 50 })
      error.value = null
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      error.value = e
    }
  }

  const waiting = computed(() => (queue.value?.items ?? []).filter((c) => !doneHere.value.includes(c.id)))
  const next = computed(() => waiting.value.find((c) => c.id !== current()) ?? null)
  const left = computed(() => Math.max(0, (queue.value?.total ?? waiting.value.length) - doneHere.value.length))

  return {
    queue,
    error,
    waiting,
    next,
    left,
    load,
    done: (id: Id) => void doneHere.value.push(id),
    preloadNext: () => {
      if (next.value) preload(next.value.id).catch(() => undefined)
    },
  }
}
