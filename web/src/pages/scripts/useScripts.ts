/* Scripts and their versions; the one being edited becomes a new version when it is saved. */
import { computed, ref, shallowRef, watch } from 'vue'
import { api, ApiError } from '@/api/client'
import type { List, Script } from '@/api/types'
import { freshKey } from './text'

export interface ScriptBody {
  name: string
  company?: string
  steps: Script['steps']
  objections: { q: string; a: string }[]
}

export interface ScriptVersion {
  version: number
  valid_from_utc_ms: number
  reason?: string | null
  body: ScriptBody
}

export interface ScriptRow {
  key: string
  name: string
  version?: number
}

const EMPTY: ScriptBody = {
  name: '',
  company: '',
  steps: [{ key: 'open', zh: '开场', text: '', required: [] }],
  objections: [],
}

const copy = <T>(x: T): T => JSON.parse(JSON.stringify(x)) as T

export function useScripts(chosen: () => string, choose: (key: string) => void) {
  const scripts = shallowRef<ScriptRow[]>([])
  const versions = shallowRef<ScriptVersion[]>([])
  const shownVersion = ref<number | null>(null)
  const body = ref<ScriptBody | null>(null)
  const stored = ref('')
  const isNew = ref(false)
  const isLoading = ref(true)
  const error = shallowRef<ApiError | null>(null)
  const saveError = shallowRef<ApiError | null>(null)

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
  function take(b: ScriptBody): void {
    body.value = copy(b)
    stored.value = JSON.stringify(b)
  }
  async function loadList(): Promise<void> {
    await guard(error, async () => {
      scripts.value = (await api.get<List<ScriptRow>>('/api/v1/scripts')).items
      const first = scripts.value[0]
      if (chosen() === '' && first) choose(first.key)
    })
    isLoading.value = false
  }
  async function loadOne(): Promise<void> {
    const key = chosen()
    if (key === '' || isNew.value) return
    await guard(error, async () => {
      const got = await api.get<List<ScriptVersion>>(`/api/v1/scripts/${key}`)
      if (chosen() !== key) return
      versions.value = [...got.items].sort((a, b) => b.version - a.version)
      const newest = versions.value[0]
      shownVersion.value = newest?.version ?? null
      if (newest) take(newest.body)
    })
  }
  void loadList()
  watch(chosen, () => void loadOne(), { immediate: true })

  return {
    scripts,
    versions,
    shownVersion,
    body,
    isNew,
    isLoading,
    error,
    saveError,
    isChanged: computed(() => body.value !== null && JSON.stringify(body.value) !== stored.value),
    reload: loadList,
    show: (n: number) => {
      const v = versions.value.find((x) => x.version === n)
      if (!v) return
      shownVersion.value = n
      take(v.body)
    },
    start: () => {
      isNew.value = true
      versions.value = []
      take(EMPTY)
      stored.value = ''
    },
    save: async (reason: string): Promise<boolean> => {
      const b = body.value
      if (!b) return false
      return guard(saveError, async () => {
        if (isNew.value) {
          const made = await api.post<{ key: string }>('/api/v1/scripts', {
            key: freshKey(
              'script',
              scripts.value.map((x) => x.key),
            ),
            body: b,
          })
          isNew.value = false
          await loadList()
          choose(made.key)
          return
        }
        await api.post(`/api/v1/scripts/${chosen()}/versions`, { body: b, ...(reason ? { reason } : {}) })
        await Promise.all([loadList(), loadOne()])
      })
    },
  }
}
