/* Scripts and lines to choose from in a campaign's form; who may not see them chooses none. */
import { shallowRef, type ShallowRef } from 'vue'
import { api } from '@/api/client'
import type { Id, List } from '@/api/types'

export interface ScriptRow {
  key: string
  name: string
  version?: number
}
export interface TrunkChoice {
  id: Id
  name: string
  numbers?: { id: Id; number: string }[]
}

function fetched<T>(path: string): ShallowRef<T[]> {
  const items = shallowRef<T[]>([])
  api
    .get<List<T>>(path)
    .then((l) => (items.value = l.items))
    .catch(() => undefined)
  return items
}

export const useScripts = () => fetched<ScriptRow>('/api/v1/scripts')
export const useTrunks = () => fetched<TrunkChoice>('/api/v1/trunks')
