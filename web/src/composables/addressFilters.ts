/* Filters, order and page of a list live in the address, so that a link shows the same thing. */
import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQuery } from 'vue-router'

export type FilterDefaults = Record<string, string>

/** The filters of an address; what it does not say has its default, what is not a filter is ignored. */
export function readFilters<T extends FilterDefaults>(query: LocationQuery, defaults: T): T {
  const read: FilterDefaults = {}
  for (const [key, fallback] of Object.entries(defaults)) {
    const value = query[key]
    const one = Array.isArray(value) ? value[0] : value
    read[key] = typeof one === 'string' && one !== '' ? one : fallback
  }
  return read as T
}

/** The shortest address that says the same: defaults are left out, foreign parts stay. */
export function writeFilters<T extends FilterDefaults>(query: LocationQuery, filters: T, defaults: T): LocationQuery {
  const written: LocationQuery = {}
  for (const [key, value] of Object.entries(query)) if (!(key in defaults)) written[key] = value
  for (const [key, value] of Object.entries(filters)) if (value !== '' && value !== defaults[key]) written[key] = value
  return written
}

/** A changed filter starts again at the first page; only a change of the page itself keeps it. */
export function changed<T extends FilterDefaults>(filters: T, change: Partial<T>, defaults: T): T {
  const keepsPage = Object.keys(change).every((k) => k === 'page' || k === 'open')
  const page = 'page' in defaults && !keepsPage ? { page: defaults['page'] } : {}
  return { ...filters, ...page, ...change }
}

/** The next order when a column's head is pressed: down first (`-talk_ms`), then up, then the list's own. */
export function nextSort(now: string, column: string): string {
  if (now === `-${column}`) return column
  return now === column ? '' : `-${column}`
}

export function useAddressFilters<T extends FilterDefaults>(
  defaults: T,
): { filters: ComputedRef<T>; set: (change: Partial<T>) => void; clear: () => void; isFiltered: ComputedRef<boolean> } {
  const route = useRoute()
  const router = useRouter()
  const filters = computed(() => readFilters(route.query, defaults))
  const go = (next: T) => void router.replace({ query: writeFilters(route.query, next, defaults) })
  return {
    filters,
    set: (change) => go(changed(filters.value, change, defaults)),
    clear: () => go(defaults),
    isFiltered: computed(() =>
      Object.entries(filters.value).some(
        ([k, v]) => !['page', 'sort', 'open', 'size'].includes(k) && v !== defaults[k],
      ),
    ),
  }
}
