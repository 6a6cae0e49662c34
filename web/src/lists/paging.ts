/* Where a page stands in its list. Pure. */

export interface Place {
  first: number
  last: number
  pages: number | null
  hasNext: boolean
}

/** Rows `first`..`last` (1-based) of page `page`; without a total the next page is there when this one is full. */
export function placeOf(page: number, size: number, shown: number, total: number | null): Place {
  const first = shown > 0 ? (page - 1) * size + 1 : 0
  const last = shown > 0 ? first + shown - 1 : 0
  return {
    first,
    last,
    pages: total === null ? null : Math.max(1, Math.ceil(total / size)),
    hasNext: total === null ? shown >= size : page * size < total,
  }
}
