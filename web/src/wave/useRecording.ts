/* Everything about one recorded call that a listener needs: facts, peaks, transcript, marks. */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { api, ApiError } from '@/api/client'
import type { Id, Peaks, Transcript } from '@/api/types'
import type { CallDetail } from '@/pages/calls/detail'
import { holdsOf, marksOf, silences, type Mark, type Stretch } from './marks'
import { SKIP_LEAST_MS } from './playback'

export interface Loaded {
  call: CallDetail
  peaks: Peaks | null
  transcript: Transcript | null
}

const cache = new Map<Id, Promise<Loaded>>()
const KEPT = 4

async function orNull<T>(wanted: Promise<T>): Promise<T | null> {
  try {
    return await wanted
  } catch (e) {
    if (e instanceof ApiError && e.status === 404) return null
    throw e
  }
}

async function fetchAll(id: Id): Promise<Loaded> {
  const call = await api.get<CallDetail>(`/api/v1/calls/${id}`)
  const [peaks, transcript] = await Promise.all([
    call.recording ? orNull(api.get<Peaks>(`/api/v1/calls/${id}/peaks`)) : null,
    call.has_transcript ? orNull(api.get<Transcript>(`/api/v1/calls/${id}/transcript`)) : null,
  ])
  return { call, peaks, transcript }
}

/** Fetches a call ahead of its turn; the few last ones are kept. */
export function preload(id: Id): Promise<Loaded> {
  const known = cache.get(id)
  if (known) return known
  const wanted = fetchAll(id)
  cache.set(id, wanted)
  wanted.catch(() => cache.delete(id))
  for (const old of cache.keys()) if (cache.size > KEPT) cache.delete(old)
  return wanted
}

export function forget(id: Id): void {
  cache.delete(id)
}

export function recordingUrl(id: Id): string {
  return `/api/v1/calls/${id}/recording.wav`
}

export interface Recording {
  loaded: Ref<Loaded | null>
  isLoading: Ref<boolean>
  error: Ref<ApiError | null>
  marks: ComputedRef<Mark[]>
  /** What skipping may jump over. */
  quiet: ComputedRef<Stretch[]>
  reload: () => void
}

export function useRecording(id: () => Id | null): Recording {
  const loaded = shallowRef<Loaded | null>(null)
  const isLoading = ref(false)
  const error = shallowRef<ApiError | null>(null)

  async function load(): Promise<void> {
    const wanted = id()
    error.value = null
    if (!wanted) {
      loaded.value = null
      return
    }
    isLoading.value = true
    try {
      const got = await preload(wanted)
      if (id() === wanted) loaded.value = got
    } catch (e) {
      if (id() === wanted && e instanceof ApiError) {
        error.value = e
        loaded.value = null
      }
    } finally {
      if (id() === wanted) isLoading.value = false
    }
  }
  watch(id, () => void load(), { immediate: true })

  const holds = computed<Stretch[]>(() => {
    const l = loaded.value
    if (!l?.peaks) return []
    return holdsOf(l.call.events ?? [], l.call.recording_started_utc_ms ?? l.call.start_utc_ms, l.peaks.ms)
  })
  return {
    loaded,
    isLoading,
    error,
    marks: computed(() => (loaded.value?.peaks ? marksOf(loaded.value.peaks, holds.value) : [])),
    quiet: computed(() => {
      const p = loaded.value?.peaks
      return p ? [...silences(p, SKIP_LEAST_MS), ...holds.value].sort((a, b) => a.from_ms - b.from_ms) : []
    }),
    reload: () => {
      const wanted = id()
      if (wanted) forget(wanted)
      void load()
    },
  }
}
