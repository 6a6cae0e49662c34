/* The text of a step as the agent will read it: placeholders filled, required sentences marked. Pure. */

export const PLACEHOLDERS = ['{客户称呼}', '{工号}', '{公司}'] as const

export interface Part {
  text: string
  kind: 'plain' | 'filled' | 'must'
}

/** Placeholders become what the agent will say; one this program does not know stays as it is, to be seen. */
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{([^{}]+)\}/g, (whole, name: string) => values[name] ?? whole)
}

/** Placeholders nobody fills: {姓名} instead of {客户称呼}. */
export function unknownPlaceholders(text: string): string[] {
  const found = text.match(/\{[^{}]*\}/g) ?? []
  return [...new Set(found.filter((p) => !(PLACEHOLDERS as readonly string[]).includes(p)))]
}

/** The text cut into plain parts and required sentences, in order. */
export function marked(text: string, required: string[]): Part[] {
  const parts: Part[] = []
  let rest = text
  while (rest !== '') {
    const next = required
      .filter((r) => r !== '' && rest.includes(r))
      .map((r) => ({ r, at: rest.indexOf(r) }))
      .sort((a, b) => a.at - b.at || b.r.length - a.r.length)[0]
    if (!next) {
      parts.push({ text: rest, kind: 'plain' })
      break
    }
    if (next.at > 0) parts.push({ text: rest.slice(0, next.at), kind: 'plain' })
    parts.push({ text: next.r, kind: 'must' })
    rest = rest.slice(next.at + next.r.length)
  }
  return parts
}

/** Required sentences that are not part of the text: shown to the agent as lines of their own. */
export function apart(text: string, required: string[]): string[] {
  return required.filter((r) => r !== '' && !text.includes(r))
}

/** A key for a new step or sentence that none of `taken` has. */
export function freshKey(prefix: string, taken: string[]): string {
  let n = 1
  while (taken.includes(`${prefix}${n}`)) n++
  return `${prefix}${n}`
}
