/* People, units and campaigns to choose from in filters and forms; fetched once a session, empty when not allowed. */
import { shallowRef, type ShallowRef } from 'vue'
import { api } from '@/api/client'
import type { Id, List, Permission } from '@/api/types'
import { useSession } from '@/stores/session'

export interface Person {
  id: Id
  job_no: string
  name: string
  role?: string
  unit?: { id: Id; name: string } | null
}
export interface Unit {
  id: Id
  name: string
  parent_id?: Id | null
}
export interface Named {
  id: Id
  name: string
}

function once<T>(path: string, query?: Record<string, number>, needs: Permission[] = []): () => ShallowRef<T[]> {
  const items = shallowRef<T[]>([])
  let asked = false
  return () => {
    const session = useSession()
    if (!asked && (needs.length === 0 || needs.some((p) => session.can(p)))) {
      asked = true
      api
        .get<List<T>>(path, query)
        .then((l) => (items.value = l.items))
        .catch(() => {
          asked = false
        })
    }
    return items
  }
}

export const usePeople = once<Person>('/api/v1/people', { size: 100 })
export const useUnits = once<Unit>('/api/v1/units')
export const useCampaigns = once<Named>('/api/v1/campaigns', undefined, ['campaign.edit', 'board.see'])
