/* What this browser remembers: light or dark, the headset. */
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

export type Theme = 'light' | 'dark' | 'system'

function remembered(key: string): string {
  try {
    return localStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}
function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // a browser that keeps nothing still works for this visit
  }
}

export const useUi = defineStore('ui', () => {
  const stored = remembered('hujiao.theme')
  const theme = ref<Theme>(stored === 'dark' || stored === 'light' ? stored : 'system')
  const dark = ref(false)
  const micId = ref(remembered('hujiao.mic'))
  const speakerId = ref(remembered('hujiao.speaker'))
  const prefersDark = matchMedia('(prefers-color-scheme: dark)')

  function apply(): void {
    dark.value = theme.value === 'dark' || (theme.value === 'system' && prefersDark.matches)
    document.documentElement.classList.toggle('dark', dark.value)
  }
  prefersDark.addEventListener('change', apply)
  watch(theme, (t) => {
    remember('hujiao.theme', t)
    apply()
  })
  watch(micId, (id) => remember('hujiao.mic', id))
  watch(speakerId, (id) => remember('hujiao.speaker', id))
  apply()

  function toggleDark(): void {
    theme.value = dark.value ? 'light' : 'dark'
  }
  return { theme, dark, micId, speakerId, toggleDark }
})
