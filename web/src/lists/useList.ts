/* Rows of a server-side list: the last answer stays while the next is under way, an outdated answer is dropped. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, ApiError } from '@/api/client'
import type { List } from '@/api/types'

type Query = Record<string, string | number | boolean | null | undefined>

export function useList<T>(path: () => string | null, query: () => Query) {
  const items = shallowRef<T[]>([])
  const total = ref<number | null>(null)
  const isLoading = ref(true)
  const isFirst = ref(true)
  const error = shallowRef<ApiError | null>(null)
  let under: AbortController | null = null

  async function load(): Promise<void> {
    under?.abort()
    const at = path()
    if (!at) {
      items.value = []
      total.value = null
      isLoading.value = false
      return
    }
    const mine = (under = new AbortController())
    isLoading.value = true
    try {
      const list = await api.get<List<T>>(at, query(), mine.signal)
      items.value = list.items
      total.value = list.total
      error.value = null
      isFirst.value = false
    } catch (e) {
      if (mine.signal.aborted) return
      if (!(e instanceof ApiError)) throw e
      error.value = e
    } finally {
      if (under === mine) isLoading.value = false
    }
  }
  watch(
    () => [path(), JSON.stringify(query())],
    () => void load(),
    { immediate: true },
  )
  onScopeDispose(() => under?.abort())
  return { items, total, isLoading, isFirst, error, load }
}
