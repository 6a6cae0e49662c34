/* Units in the order of their tree. Pure. */

export interface Node<T> {
  row: T
  depth: number
}

/** Parents before children; a row whose parent is not there stands at the top, nothing is lost or repeated. */
export function tree<T extends { id: string; parent_id?: string | null }>(rows: T[]): Node<T>[] {
  const ids = new Set(rows.map((r) => r.id))
  const out: Node<T>[] = []
  const seen = new Set<string>()
  function add(row: T, depth: number): void {
    if (seen.has(row.id)) return
    seen.add(row.id)
    out.push({ row, depth })
    for (const child of rows) if (child.parent_id === row.id) add(child, depth + 1)
  }
  for (const r of rows) if (!r.parent_id || !ids.has(r.parent_id)) add(r, 0)
  for (const r of rows) add(r, 0)
  return out
}
