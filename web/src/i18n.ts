/* Chinese comes with the first script, English when somebody reads it. One file an area: locales/<lang>/<area>.ts. */
import { createI18n } from 'vue-i18n'
import type { Lang } from '@/util/format'
import { setFormatLang } from '@/util/format'

interface Messages {
  [key: string]: string | Messages
}
type Area = { default: Messages }

function byArea(files: Record<string, Area>): Messages {
  const all: Messages = {}
  for (const [path, file] of Object.entries(files)) all[path.replace(/^.*\/|\.ts$/g, '')] = file.default
  return all
}

const zh = byArea(import.meta.glob<Area>('./locales/zh/*.ts', { eager: true }))
const loadEnglish = import.meta.glob<Area>('./locales/en/*.ts')

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh },
  missingWarn: false,
  fallbackWarn: false,
})

export async function setLanguage(lang: Lang): Promise<void> {
  const g = i18n.global
  if (lang === 'en' && !g.availableLocales.includes('en' as never)) {
    const files = await Promise.all(Object.entries(loadEnglish).map(async ([p, load]) => [p, await load()] as const))
    g.setLocaleMessage('en' as never, byArea(Object.fromEntries(files)) as never)
  }
  g.locale.value = lang as never
  setFormatLang(lang)
  document.documentElement.lang = lang
}

/** The text of a row that carries both languages, as the API sends them. */
export function inLang(zhText: string | null | undefined, enText: string | null | undefined): string {
  return ((i18n.global.locale.value as string) === 'en' ? enText || zhText : zhText || enText) ?? ''
}

/** For code outside components. */
export const translate = (key: string, named: Record<string, unknown> = {}): string => i18n.global.t(key, named)
