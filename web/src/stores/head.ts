/* The line beside the page's name in the top bar; the page that set it takes it away again. */
import { defineStore } from 'pinia'
import { onScopeDispose, ref, watchEffect } from 'vue'

export const useHead = defineStore('head', () => {
  const where = ref('')
  return { where }
})

/** Call in a page's setup: `useWhere(() => unit.value?.name ?? '')`. */
export function useWhere(text: () => string): void {
  const head = useHead()
  watchEffect(() => (head.where = text()))
  onScopeDispose(() => (head.where = ''))
}
