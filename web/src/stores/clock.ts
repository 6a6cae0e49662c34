/* The server's time on this page. Every "since" runs on it, so a computer whose clock is wrong still counts right. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

export const useClock = defineStore('clock', () => {
  const offsetMs = ref(0)
  const nowMs = ref(Date.now())
  setInterval(() => (nowMs.value = Date.now() + offsetMs.value), 250)

  /** Each snapshot carries the server's `now_utc_ms`; under 300 ms the difference is the network's, not the clock's. */
  function learn(serverNowMs: number | undefined): void {
    if (!serverNowMs) return
    const offset = serverNowMs - Date.now()
    if (Math.abs(offset - offsetMs.value) > 300) offsetMs.value = offset
    nowMs.value = Date.now() + offsetMs.value
  }

  return { nowMs, offsetMs, learn }
})
