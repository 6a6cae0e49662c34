/* Which column of a file means what: first proposal and what is still wrong with it. Pure. */

/** What a column may become, each at most once. */
export const FIELDS = [
  'name',
  'phone',
  'phone2',
  'call_as',
  'gender',
  'grade',
  'company',
  'wechat',
  'province',
  'city',
  'product',
  'source',
  'supplier',
  'basis',
  'given',
  'owner',
  'contact',
  'remark',
] as const
export type Field = (typeof FIELDS)[number]

export interface Column {
  index: number
  header: string
  guess: string | null
  samples: string[]
}

/** Column index -> field; columns that are not in it are left out of the import. */
export type Mapping = Record<number, Field>

function isField(s: string | null): s is Field {
  return s !== null && (FIELDS as readonly string[]).includes(s)
}

/** The server's guesses, each field given to its first column; a second number becomes the second number. */
export function proposed(columns: Column[]): Mapping {
  const mapping: Mapping = {}
  const taken = new Set<Field>()
  for (const c of columns) {
    const field: Field | null = !isField(c.guess)
      ? null
      : c.guess === 'phone' && taken.has('phone')
        ? 'phone2'
        : c.guess
    if (!field || taken.has(field)) continue
    mapping[c.index] = field
    taken.add(field)
  }
  return mapping
}

/** A column becomes `field` ('' = left out); whoever held the field before loses it. */
export function assigned(mapping: Mapping, index: number, field: Field | ''): Mapping {
  const next: Mapping = {}
  for (const [i, f] of Object.entries(mapping)) {
    if (Number(i) === index || f === field) continue
    next[Number(i)] = f
  }
  if (field !== '') next[index] = field
  return next
}

export type MappingProblem = 'no_phone' | 'no_name'

/** Without a number nobody can be called; without a name the agent reads a number only (allowed, but said). */
export function problems(mapping: Mapping): MappingProblem[] {
  const fields = Object.values(mapping)
  const found: MappingProblem[] = []
  if (!fields.includes('phone')) found.push('no_phone')
  if (!fields.includes('name')) found.push('no_name')
  return found
}
