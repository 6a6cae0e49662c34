/* People, units and campaigns to choose from in filters and forms; empty when not allowed. */
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

/** The last answer stands at once; each page that uses the list asks again, for somebody may have added to it since. */
function remembered<T>(path: string, query?: Record<string, number>, needs: Permission[] = []): () => ShallowRef<T[]> {
  const items = shallowRef<T[]>([])
  return () => {
    const session = useSession()
    if (needs.length > 0 && !needs.some((p) => session.can(p))) return shallowRef([])
    api
      .get<List<T>>(path, query)
      .then((l) => (items.value = l.items))
      .catch(() => (items.value = []))
    return items
  }
}

export const usePeople = remembered<Person>('/api/v1/people', { size: 100 })
export const useUnits = remembered<Unit>('/api/v1/units')
export const useCampaigns = remembered<Named>('/api/v1/campaigns', undefined, ['campaign.edit', 'board.see'])
