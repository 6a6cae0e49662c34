/* My own desk: status, state, call, station, today. Full states come over the event stream; commands go by HTTP and
 * the answer is the next state. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from '@/api/client'
import type { AgentStatus, DeskState } from '@/api/types'
import { useClock } from './clock'
import { useLive } from './live'

export const useDesk = defineStore('desk', () => {
  const state = ref<DeskState | null>(null)
  const error = ref<unknown>(null)
  const clock = useClock()
  const live = useLive()

  /** Whole states only go forward: an answer on its way may be older than an event that overtook it. */
  function take(next: DeskState): void {
    if (state.value && next.now_utc_ms < state.value.now_utc_ms) return
    state.value = next
    clock.learn(next.now_utc_ms)
  }

  async function load(): Promise<void> {
    try {
      take(await api.get<DeskState>('/api/v1/desk'))
      error.value = null
    } catch (e) {
      error.value = e
    }
  }

  live.on('desk', take)
  live.on('reset', () => void load())

  const call = computed(() => state.value?.call ?? null)

  async function setStatus(status: AgentStatus, reason?: string): Promise<void> {
    const next = await api.post<DeskState | undefined>('/api/v1/agent/status', reason ? { status, reason } : { status })
    if (next?.now_utc_ms) take(next)
  }

  function clear(): void {
    state.value = null
  }

  return { state, error, call, take, load, setStatus, clear }
})
