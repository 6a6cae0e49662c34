import type { CampaignMode, Id } from '@/api/types'

export interface Choice {
  id: Id
  name: string
  mode: CampaignMode
}

/** Which campaign an agent begins his shift with: the one he worked on last, else one that brings customers by itself,
 *  else the only one. Null: he chooses. Pure. */
export function firstCampaign(list: readonly Choice[], lastId: Id | null): Id | null {
  const last = list.find((c) => c.id === lastId)
  const byItself = list.find((c) => c.mode === 'progressive')
  return (last ?? byItself ?? (list.length === 1 ? list[0] : undefined))?.id ?? null
}
