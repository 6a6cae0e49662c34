/* Names of results, outcomes and reasons: results come from the company's own set, the rest from the program. */
import { shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { api } from '@/api/client'
import type { ResultSet } from '@/api/types'
import { reasonGroup } from './reasons'

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
  function outcomeName(code: string | null | undefined): string {
    if (!code) return ''
    return te(`calls.outcomeOf.${code}`) ? t(`calls.outcomeOf.${code}`) : code
  }
  function resultName(code: string | null | undefined): string {
    if (!code) return ''
    const def = set.value?.results.find((r) => r.code === code)
    if (def) return locale.value === 'en' ? def.en : def.zh
    return outcomeName(code)
  }
  /** Why a task waits or is over: a result, an outcome, or what the gate said. */
  function reasonName(code: string | null | undefined): string {
    const group = reasonGroup(code ?? '')
    return group ? t(`calls.reason.${group}`) : resultName(code)
  }
  return { set, resultName, outcomeName, reasonName }
}
