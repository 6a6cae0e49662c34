/* The script of the running call (or of the campaign), its steps, which required sentences were said, objections. */
import { computed, ref, watch } from 'vue'
import { api, ApiError } from '@/api/client'
import type { Id, Objection, Script } from '@/api/types'

const SEARCH_AFTER_MS = 60
const NOT_YET_MS = 800

export function useScript() {
  const script = ref<Script | null>(null)
  const error = ref<unknown>(null)
  const step = ref(0)
  const said = ref(new Set<string>())
  const query = ref('')
  const found = ref<Objection[]>([])
  const picked = ref(0)
  let loadedFor = ''
  let timer: ReturnType<typeof setTimeout> | null = null
  let asked = 0
  let again: ReturnType<typeof setTimeout> | null = null

  const current = computed(() => script.value?.steps[step.value] ?? null)
  const following = computed(() => script.value?.steps[step.value + 1] ?? null)
  const required = computed(() => (script.value?.steps ?? []).flatMap((s) => s.required))
  const saidCount = computed(() => required.value.filter((r) => said.value.has(r.key)).length)

  /** A call keeps the version it began with, so it is asked by call; between calls the campaign's is shown. */
  async function load(callId: Id | null, campaignId: Id | null): Promise<void> {
    if (again) clearTimeout(again)
    const key = callId ? `call:${callId}` : campaignId ? `campaign:${campaignId}` : ''
    if (key === loadedFor) return
    loadedFor = key
    step.value = 0
    said.value = new Set()
    query.value = ''
    if (!key) return void (script.value = null)
    try {
      const s = await api.get<Script>('/api/v1/script', callId ? { call_id: callId } : { campaign_id: campaignId })
      if (key !== loadedFor) return
      script.value = s
      found.value = s.objections ?? []
      error.value = null
    } catch (e) {
      if (key !== loadedFor) return
      // A call that is only being placed is not written yet: its script is there a moment later.
      if (callId && e instanceof ApiError && e.status === 404) {
        loadedFor = ''
        again = setTimeout(() => void load(callId, campaignId), NOT_YET_MS)
        return
      }
      script.value = null
      error.value = e
    }
  }

  function go(by: number): void {
    const last = (script.value?.steps.length ?? 1) - 1
    step.value = Math.max(0, Math.min(last, step.value + by))
  }

  function tick(key: string): void {
    const next = new Set(said.value)
    if (!next.delete(key)) next.add(key)
    said.value = next
  }

  async function searchNow(): Promise<void> {
    const mine = ++asked
    const q = query.value.trim()
    if (!q) {
      found.value = script.value?.objections ?? []
      picked.value = 0
      return
    }
    try {
      const list = await api.get<{ items: Objection[] }>('/api/v1/objections', { script_key: script.value?.key, q })
      if (mine !== asked) return
      found.value = list.items
      picked.value = 0
    } catch {
      // the list on screen stays; the next key asks again
    }
  }
  watch(query, () => {
    if (timer) clearTimeout(timer)
    timer = setTimeout(() => void searchNow(), SEARCH_AFTER_MS)
  })

  function movePick(by: number): void {
    const n = found.value.length
    if (n) picked.value = (picked.value + by + n) % n
  }

  return {
    script,
    error,
    step,
    said,
    query,
    found,
    picked,
    current,
    following,
    required,
    saidCount,
    load,
    go,
    tick,
    movePick,
  }
}

/** Splits a filled sentence around the customer's form of address and my number, so that they can be set apart. */
export function slots(text: string, filled: (string | null | undefined)[]): { text: string; slot: boolean }[] {
  const words = filled.filter((w): w is string => !!w && w.length > 0)
  const escaped = words.map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  // Between calls nobody is there to be named: the slot itself is set apart.
  return text
    .split(new RegExp(`(${[...escaped, '\\{[^{}]+\\}'].join('|')})`))
    .filter((part) => part !== '')
    .map((part) => ({ text: part, slot: words.includes(part) || /^\{[^{}]+\}$/.test(part) }))
}
