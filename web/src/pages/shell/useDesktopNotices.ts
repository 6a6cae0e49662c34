/* Due call-backs and reminders also come as desktop notices while the page is hidden. */
import { ref } from 'vue'
import { useRouter } from 'vue-router'
import { inLang, translate } from '@/i18n'
import { useLive } from '@/stores/live'

export function useDesktopNotices() {
  const live = useLive()
  const router = useRouter()
  const known = typeof Notification !== 'undefined'
  const canAsk = ref(known && Notification.permission === 'default')

  async function ask(): Promise<void> {
    await Notification.requestPermission()
    canAsk.value = Notification.permission === 'default'
  }

  live.on('notice', (n) => {
    if (!known || Notification.permission !== 'granted' || !document.hidden) return
    // The tag makes several tabs of one browser show one notice.
    const shown = new Notification(translate('common.product'), {
      body: inLang(n.text_zh, n.text_en),
      tag: `${n.kind}-${n.at_utc_ms}`,
    })
    shown.onclick = () => {
      window.focus()
      if (n.link) void router.push(n.link)
    }
  })

  return { canAsk, ask }
}
