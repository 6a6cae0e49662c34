/* Who is logged in, what he may do, and in which language he reads. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, ApiError } from '@/api/client'
import type { Kicked, Me, Permission, Problem } from '@/api/types'
import { setLanguage } from '@/i18n'
import { useLive } from './live'

/** Why the page was closed to this person: he logged in elsewhere. */
export interface Replaced {
  atUtcMs: number | null
  addr: string
  userAgent: string
}

export function replacedFromProblem(p: Problem): Replaced {
  const at = Number(p.args?.['at_utc_ms'] ?? NaN)
  return {
    atUtcMs: Number.isFinite(at) ? at : null,
    addr: p.args?.['addr'] ?? '',
    userAgent: p.args?.['agent'] ?? '',
  }
}

/** about half a minute in line */
const LOGIN_TRIES = 40

export const useSession = defineStore('session', () => {
  const me = ref<Me | null>(null)
  const loaded = ref(false)
  const replaced = ref<Replaced | null>(null)
  const permissions = computed(() => new Set<Permission>(me.value?.permissions ?? []))

  function can(permission: Permission): boolean {
    return permissions.value.has(permission)
  }

  async function take(next: Me): Promise<void> {
    me.value = next
    replaced.value = null
    await setLanguage(next.lang === 'en' ? 'en' : 'zh-CN')
  }

  /** Asks once at start; being logged out is an answer, not an error. */
  async function load(): Promise<void> {
    try {
      await take(await api.get<Me>('/api/v1/me'))
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 401) throw e
      me.value = null
    } finally {
      loaded.value = true
    }
  }

  /** When everybody comes at nine the door takes a few at a time; who is asked to wait stands in line here. */
  async function askIn(jobNo: string, password: string): Promise<Me> {
    for (let tries = 0; ; tries++) {
      try {
        return await api.post<Me>('/api/v1/login', { job_no: jobNo, password })
      } catch (e) {
        if (!(e instanceof ApiError) || e.code !== 'login_busy' || tries >= LOGIN_TRIES) throw e
        await new Promise((done) => setTimeout(done, 400 + Math.random() * 800))
      }
    }
  }

  async function login(jobNo: string, password: string): Promise<void> {
    // This browser's own earlier session ends by this: its stream must not take that for somebody else's log-in.
    const live = useLive()
    live.stop()
    try {
      await take(await askIn(jobNo, password))
    } finally {
      if (me.value) live.start(true)
    }
  }

  async function logout(): Promise<void> {
    try {
      await api.post('/api/v1/logout')
    } finally {
      me.value = null
    }
  }

  async function changeLanguage(lang: 'zh-CN' | 'en'): Promise<void> {
    await setLanguage(lang)
    if (me.value) {
      me.value.lang = lang === 'en' ? 'en' : 'zh'
      await api.put('/api/v1/me', { lang: lang === 'en' ? 'en' : 'zh' })
    }
  }

  function kicked(k: Kicked): void {
    replaced.value = { atUtcMs: k.at_utc_ms, addr: k.addr, userAgent: k.user_agent }
  }

  /** A 401 on any request. */
  function lost(p: Problem): void {
    if (p.code === 'session_replaced') replaced.value ??= replacedFromProblem(p)
    else me.value = null
  }

  return { me, loaded, replaced, permissions, can, load, login, logout, changeLanguage, kicked, lost }
})
