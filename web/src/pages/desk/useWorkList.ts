/* What I have to do, in the order the rules give. */
import { computed, ref } from 'vue'
import { api } from '@/api/client'
import type { Id, WorkItem, WorkList } from '@/api/types'

/** The label in front of the reason: lateness, a time of today, or what kind of work it is. */
export type WorkTag = { kind: 'late'; ms: number } | { kind: 'at'; utcMs: number } | { kind: 'word'; key: string }

export function workTag(item: WorkItem, nowMs: number): WorkTag {
  const late = item.due_utc_ms !== null ? nowMs - item.due_utc_ms : 0
  if ((item.kind === 'promise' || item.kind === 'missed') && item.due_utc_ms !== null)
    return late >= 60_000 ? { kind: 'late', ms: late } : { kind: 'at', utcMs: item.due_utc_ms }
  return { kind: 'word', key: `desk.kind.${item.kind}` }
}

/** One row may be a task, a follow-up or both; the customer alone is not unique. */
export function workKey(item: WorkItem): string {
  return `${item.task_id ?? ''}/${item.followup_id ?? ''}/${item.customer_id}`
}

export function useWorkList(nowMs: () => number) {
  const items = ref<WorkItem[]>([])
  const total = ref<number | null>(null)
  const rule = ref<{ zh: string; en: string }>({ zh: '', en: '' })
  const error = ref<unknown>(null)
  const loaded = ref(false)
  let asked = 0

  const overdue = computed(() => items.value.filter((i) => workTag(i, nowMs()).kind === 'late').length)

  async function load(campaignId: Id | null): Promise<void> {
    const mine = ++asked
    try {
      const list = await api.get<WorkList>('/api/v1/worklist', { campaign_id: campaignId })
      if (mine !== asked) return
      items.value = list.items
      total.value = list.total ?? null
      rule.value = { zh: list.rule_zh ?? '', en: list.rule_en ?? '' }
      error.value = null
    } catch (e) {
      if (mine === asked) error.value = e
    } finally {
      if (mine === asked) loaded.value = true
    }
  }

  /** The first row that is not this customer's. */
  function nextAfter(customerId: Id | null): WorkItem | null {
    return items.value.find((i) => i.customer_id !== customerId) ?? null
  }

  return { items, total, rule, error, loaded, overdue, load, nextAfter }
}
