/* A form beside a list: opened for a new row or for one that exists, saved by POST or PATCH. */
import { ref, shallowRef } from 'vue'
import { api, ApiError } from '@/api/client'
import type { Id } from '@/api/types'

export function useEdit<F extends object>(
  path: string,
  blank: () => F,
  o: { body: (f: F, isNew: boolean) => object; saved: (id: Id) => void },
) {
  const isOpen = ref(false)
  const id = ref<Id | null>(null)
  const fields = ref(blank())
  const error = shallowRef<ApiError | null>(null)

  function open(row: { id: Id; fields: F } | null): void {
    id.value = row?.id ?? null
    fields.value = (row?.fields ?? blank()) as typeof fields.value
    error.value = null
    isOpen.value = true
  }

  async function save(): Promise<boolean> {
    try {
      const body = o.body(fields.value as F, id.value === null)
      let saved = id.value
      if (saved === null) saved = (await api.post<{ id: Id }>(path, body)).id
      else await api.patch(`${path}/${saved}`, body)
      isOpen.value = false
      error.value = null
      o.saved(saved)
      return true
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      error.value = e
      return false
    }
  }

  return { isOpen, id, fields, error, open, save, close: () => void (isOpen.value = false) }
}
