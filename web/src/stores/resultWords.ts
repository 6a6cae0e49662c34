/* Result and outcome codes in the floor's words; the set itself is versioned data of the server. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api } from '@/api/client'
import type { ResultSet } from '@/api/types'
import { i18n, inLang } from '@/i18n'

export const useResultWords = defineStore('resultWords', () => {
  const set = ref<ResultSet | null>(null)
  let asking: Promise<void> | null = null

  function load(): Promise<void> {
    asking ??= api
      .get<ResultSet>('/api/v1/result-set')
      .then((s) => void (set.value = s))
      .catch(() => void (asking = null))
    return asking
  }

  /** The result's word, else the outcome's, else the code itself. */
  function of(result: string | null | undefined, outcome?: string | null): string {
    void load()
    const code = result || outcome
    if (!code) return ''
    const def = set.value?.results.find((r) => r.code === code)
    if (def) return inLang(def.zh, def.en)
    const key = `common.outcome.${code}`
    return i18n.global.te(key) ? i18n.global.t(key) : code
  }

  function grade(code: string | null | undefined): string {
    void load()
    const def = set.value?.grades.find((g) => g.code === code)
    return def ? inLang(def.zh, def.en) : (code ?? '')
  }

  return { set, load, of, grade }
})
