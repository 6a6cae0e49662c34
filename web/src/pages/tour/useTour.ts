/* The walk through the demo: where it stands survives log-ins and reloads of this tab. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api, ApiError } from '@/api/client'

export interface TourStep {
  key: string
  path: string
}

const AT = 'hujiao.tour.at'
const CLOSED = 'hujiao.tour.closed'

function remembered(key: string): string | null {
  try {
    return sessionStorage.getItem(key)
  } catch {
    return null
  }
}
function remember(key: string, value: string): void {
  try {
    sessionStorage.setItem(key, value)
  } catch {
    // a browser that keeps nothing starts the walk anew
  }
}

/** `#1028:password` of the demo's link; null when it says nobody. */
export function credentials(hash: string): { jobNo: string; password: string } | null {
  const m = /^#([^:]+):(.+)$/.exec(hash)
  return m?.[1] && m[2] ? { jobNo: decodeURIComponent(m[1]), password: decodeURIComponent(m[2]) } : null
}

/** The step after (or before) `at` that this person may open; `at` itself when there is none. Pure. */
export function stepFrom(steps: TourStep[], at: number, by: 1 | -1, may: (path: string) => boolean): number {
  for (let i = at + by; i >= 0 && i < steps.length; i += by) {
    const step = steps[i]
    if (step && may(step.path)) return i
  }
  return at
}

export const useTour = defineStore('tour', () => {
  const steps = shallowRef<TourStep[]>([])
  const at = ref(Number(remembered(AT) ?? 0) || 0)
  const isClosed = ref(remembered(CLOSED) === '1')

  /** Fresh paths each time: the call to hear is the one just made. */
  async function load(): Promise<void> {
    try {
      steps.value = (await api.get<{ steps: TourStep[] }>('/api/v1/tour')).steps
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      steps.value = []
    }
  }
  function go(index: number): void {
    at.value = index
    remember(AT, String(index))
  }
  function close(closed: boolean): void {
    isClosed.value = closed
    remember(CLOSED, closed ? '1' : '0')
  }
  const step = computed(() => steps.value[Math.min(at.value, steps.value.length - 1)] ?? null)
  return { steps, at, step, isClosed, load, go, close }
})
