/* Names of results and outcomes: results come from the company's own set, outcomes from the program. */
import { shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '@/api/client'
import type { ResultSet } from '@/api/types'

const set = shallowRef<ResultSet | null>(null)
let asked: Promise<void> | null = null

function ask(): void {
  asked ??= api
    .get<ResultSet>('/api/v1/result-set')
    .then((s) => {
      set.value = s
    })
    .catch(() => {
      asked = null
    })
}

export function useResults() {
  const { locale, t, te } = useI18n()
  ask()
  function resultName(code: string | null | undefined): string {
    if (!code) return ''
    const def = set.value?.results.find((r) => r.code === code)
    if (def) return locale.value === 'en' ? def.en : def.zh
    return outcomeName(code)
  }
  function outcomeName(code: string | null | undefined): string {
    if (!code) return ''
    return te(`common.outcome.${code}`) ? t(`common.outcome.${code}`) : code
  }
  return { set, resultName, outcomeName }
}
