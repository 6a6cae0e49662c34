/* Walking a list by keys: up and down, Enter opens, PgUp and PgDn turn the page. */
import { nextTick, ref, watch, type Ref } from 'vue'
import type { KeyMap } from '@/components/keys'

export function useRowKeys(o: { count: () => number; open: (index: number) => void; page: (by: -1 | 1) => void }): {
  cursor: Ref<number>
  keys: NonNullable<KeyMap['single']>
} {
  const cursor = ref(-1)
  watch(o.count, (n) => {
    if (cursor.value >= n) cursor.value = n - 1
  })
  function move(by: number): void {
    const n = o.count()
    if (n === 0) return
    cursor.value = Math.min(Math.max(cursor.value + by, 0), n - 1)
    void nextTick(() => document.querySelector('tr.cursor, li.cursor')?.scrollIntoView({ block: 'nearest' }))
  }
  return {
    cursor,
    keys: {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      Enter: () => {
        if (cursor.value < 0) return false
        o.open(cursor.value)
      },
      PageDown: () => o.page(1),
      PageUp: () => o.page(-1),
    },
  }
}
