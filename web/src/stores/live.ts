/* The event stream as the pages see it: subscribe by event name; the link's state; notices that came in. */
import { defineStore } from 'pinia'
import { onScopeDispose, ref } from 'vue'
import type { LiveEvents, Notice } from '@/api/types'
import { openLink } from '@/live/link'
import type { LiveLink } from '@/live/link'
import type { LinkState, LiveName } from '@/live/protocol'

type Listener<N extends LiveName> = (data: LiveEvents[N]) => void

const NOTICES_KEPT = 50

export const useLive = defineStore('live', () => {
  const link = ref<LinkState>('closed')
  const notices = ref<(Notice & { seen: boolean })[]>([])
  const listeners = new Map<LiveName, Set<(data: never) => void>>()
  let wire: LiveLink | null = null

  function dispatch(name: LiveName, data: unknown): void {
    if (name === 'notice') {
      notices.value.unshift({ ...(data as Notice), seen: false })
      notices.value.length = Math.min(notices.value.length, NOTICES_KEPT)
    }
    for (const fn of listeners.get(name) ?? []) (fn as (d: unknown) => void)(data)
  }

  /** Listens until the calling component (or scope) goes; returns the way to stop earlier. */
  function on<N extends LiveName>(name: N, fn: Listener<N>): () => void {
    const set = listeners.get(name) ?? new Set()
    listeners.set(name, set)
    set.add(fn as (data: never) => void)
    const off = () => void set.delete(fn as (data: never) => void)
    onScopeDispose(off, true)
    return off
  }

  /** After a log-in; the stream of an earlier session is replaced. */
  function start(fresh: boolean): void {
    if (!wire) {
      wire = openLink({ onEvent: dispatch, onLink: (s) => (link.value = s) })
      wire.start()
      return
    }
    if (fresh) wire.restart()
    else wire.start()
  }

  /** The stream may be dead without knowing it: a new one, whose first events tell all anew. */
  function refresh(): void {
    wire?.restart()
    dispatch('reset', {})
  }

  function stop(): void {
    wire?.stop()
    notices.value = []
  }

  function markSeen(): void {
    for (const n of notices.value) n.seen = true
  }

  /** A notice this page found itself. */
  function notify(n: Notice): void {
    dispatch('notice', n)
  }

  return { link, notices, on, start, refresh, stop, markSeen, notify }
})
