import { describe, expect, it } from 'vitest'

interface Messages {
  [key: string]: string | Messages
}
type Area = { default: Messages }

const zh = import.meta.glob<Area>('../src/locales/zh/*.ts', { eager: true })
const en = import.meta.glob<Area>('../src/locales/en/*.ts', { eager: true })

function flat(m: Messages, prefix: string): Map<string, string> {
  const all = new Map<string, string>()
  for (const [k, v] of Object.entries(m)) {
    if (typeof v === 'string') all.set(`${prefix}.${k}`, v)
    else for (const [kk, vv] of flat(v, `${prefix}.${k}`)) all.set(kk, vv)
  }
  return all
}
function all(files: Record<string, Area>): Map<string, string> {
  const keys = new Map<string, string>()
  for (const [path, file] of Object.entries(files))
    for (const [k, v] of flat(file.default, path.replace(/^.*\/|\.ts$/g, ''))) keys.set(k, v)
  return keys
}
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort()

describe('locales', () => {
  const z = all(zh)
  const e = all(en)
  it('has every key in both languages', () => {
    expect([...z.keys()].filter((k) => !e.has(k))).toEqual([])
    expect([...e.keys()].filter((k) => !z.has(k))).toEqual([])
  })
  it('uses the same placeholders in both languages', () => {
    const differ = [...z].filter(([k, v]) => placeholders(v).join() !== placeholders(e.get(k) ?? '').join())
    expect(differ.map(([k]) => k)).toEqual([])
  })
  it('leaves no sentence empty', () => {
    expect([...z, ...e].filter(([, v]) => v.trim() === '').map(([k]) => k)).toEqual([])
  })
  it('has no Chinese in English, but for the characters of the states', () => {
    const cjk = [...e].filter(
      ([k, v]) => /[\u4e00-\u9fff]/.test(v) && !k.startsWith('common.stateChar') && k !== 'shell.chinese',
    )
    expect(cjk.map(([k]) => k)).toEqual([])
  })
})
