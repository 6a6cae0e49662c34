/* A promise that falls due is said once: in the list of notices, and on the desktop while the page is hidden. */
import { watch } from 'vue'
import type { WorkItem } from '@/api/types'
import { translate } from '@/i18n'
import { fmtTime } from '@/util/format'
import { useClock } from '@/stores/clock'
import { useLive } from '@/stores/live'
import { workKey } from './useWorkList'

/** Promises whose time came in (sinceMs, nowMs]. */
export function fallenDue(items: readonly WorkItem[], sinceMs: number, nowMs: number): WorkItem[] {
  return items.filter((i) => {
    const due = i.due_utc_ms
    return (i.kind === 'promise' || i.kind === 'missed') && due !== null && due > sinceMs && due <= nowMs
  })
}

export function useDueNotices(items: () => readonly WorkItem[]): void {
  const clock = useClock()
  const live = useLive()
  const said = new Set<string>()
  let since = clock.nowMs

  watch(
    () => Math.floor(clock.nowMs / 1000),
    () => {
      const now = clock.nowMs
      for (const i of fallenDue(items(), since, now)) {
        const key = `${workKey(i)}@${i.due_utc_ms}`
        if (said.has(key)) continue
        said.add(key)
        const text = translate('desk.dueNotice', { name: i.name, time: fmtTime(i.due_utc_ms ?? now) })
        live.notify({ kind: 'callback_due', text_zh: text, text_en: text, at_utc_ms: now, link: '/desk' })
      }
      since = now
    },
  )
}
