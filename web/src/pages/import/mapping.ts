/* Which column of a file means what: first proposal and what is still wrong with it. Pure. */

/** What a column may become. A number may stand in several columns, everything else once. */
export const FIELDS = [
  'name',
  'phone',
  'gender',
  'company',
  'grade',
  'owner',
  'source',
  'remark',
  'call_as',
  'consent_utc',
  'contact_name',
] as const
export type Field = (typeof FIELDS)[number]

export interface Column {
  index: number
  header: string
  guess: string
  samples: string[]
}

/** Column index -> field; columns that are not in it are left out of the import. */
export type Mapping = Record<number, Field>

const MANY: readonly Field[] = ['phone']

function isField(s: string): s is Field {
  return (FIELDS as readonly string[]).includes(s)
}

/** The server's guesses, each single field given to its first column only. */
export function proposed(columns: Column[]): Mapping {
  const mapping: Mapping = {}
  const taken = new Set<Field>()
  for (const c of columns) {
    if (!isField(c.guess) || (taken.has(c.guess) && !MANY.includes(c.guess))) continue
    mapping[c.index] = c.guess
    taken.add(c.guess)
  }
  return mapping
}

/** A column becomes `field` ('' = left out); whoever held a single field before loses it. */
export function assigned(mapping: Mapping, index: number, field: Field | ''): Mapping {
  const next: Mapping = {}
  for (const [i, f] of Object.entries(mapping)) {
    if (Number(i) === index || (f === field && !MANY.includes(f))) continue
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
