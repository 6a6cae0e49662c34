/* One recording being listened to: position, speed without change of pitch, skipping of silence. */
import { onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import type { Stretch } from './marks'
import { skipTo, stepRate, type Rate } from './playback'

/** What the player needs of an <audio> element. */
export interface Media {
  src: string
  currentTime: number
  playbackRate: number
  preservesPitch: boolean
  readonly duration: number
  readonly paused: boolean
  play(): Promise<void>
  pause(): void
  removeAttribute(name: string): void
  addEventListener(type: string, listener: () => void): void
  removeEventListener(type: string, listener: () => void): void
}

export interface Player {
  at_ms: Ref<number>
  ms: Ref<number>
  isPlaying: Ref<boolean>
  rate: Ref<Rate>
  skips: Ref<boolean>
  failed: Ref<boolean>
  src: Ref<string>
  load(url: string, ms: number): void
  toggle(): void
  play(): void
  pause(): void
  seek(ms: number): void
  by(ms: number): void
  setRate(rate: Rate): void
  faster(by: -1 | 1): void
  /** To be called while playing; jumps over silence when that is on. */
  tick(): void
}

const RATE_KEY = 'hujiao.player.rate'
const SKIP_KEY = 'hujiao.player.skip'

export function usePlayer(quiet: () => Stretch[], media: Media = new Audio() as Media): Player {
  const at_ms = ref(0)
  const ms = ref(0)
  const isPlaying = ref(false)
  const rate = ref<Rate>((Number(localStorage.getItem(RATE_KEY)) || 1) as Rate)
  const skips = ref(localStorage.getItem(SKIP_KEY) === '1')
  const failed = ref(false)
  const src = shallowRef('')
  let frame = 0

  function tick(): void {
    at_ms.value = Math.round(media.currentTime * 1000)
    if (!isPlaying.value || !skips.value) return
    const to = skipTo(at_ms.value, quiet())
    if (to !== null) seek(to)
  }
  function loop(): void {
    tick()
    frame = requestAnimationFrame(loop)
  }
  const listeners: Record<string, () => void> = {
    play: () => {
      isPlaying.value = true
      cancelAnimationFrame(frame)
      frame = requestAnimationFrame(loop)
    },
    pause: () => {
      isPlaying.value = false
      cancelAnimationFrame(frame)
      tick()
    },
    ended: () => {
      isPlaying.value = false
      cancelAnimationFrame(frame)
    },
    durationchange: () => {
      if (Number.isFinite(media.duration)) ms.value = Math.round(media.duration * 1000)
    },
    error: () => {
      failed.value = src.value !== ''
      isPlaying.value = false
    },
  }
  for (const [type, listener] of Object.entries(listeners)) media.addEventListener(type, listener)

  function load(url: string, length_ms: number): void {
    media.pause()
    failed.value = false
    src.value = url
    ms.value = length_ms
    at_ms.value = 0
    if (url === '') media.removeAttribute('src')
    else media.src = url
    media.preservesPitch = true
    media.playbackRate = rate.value
  }
  function play(): void {
    if (src.value === '') return
    media.playbackRate = rate.value
    media.play().catch(() => {
      isPlaying.value = false
    })
  }
  function seek(to: number): void {
    at_ms.value = Math.min(Math.max(to, 0), ms.value || to)
    media.currentTime = at_ms.value / 1000
  }
  function setRate(to: Rate): void {
    rate.value = to
    media.playbackRate = to
    localStorage.setItem(RATE_KEY, String(to))
  }
  onScopeDispose(() => {
    cancelAnimationFrame(frame)
    media.pause()
    for (const [type, listener] of Object.entries(listeners)) media.removeEventListener(type, listener)
    media.removeAttribute('src')
  })

  return {
    at_ms,
    ms,
    isPlaying,
    rate,
    skips,
    failed,
    src,
    load,
    play,
    pause: () => media.pause(),
    toggle: () => (isPlaying.value ? media.pause() : play()),
    seek,
    by: (step) => seek(at_ms.value + step),
    setRate,
    faster: (by) => setRate(stepRate(rate.value, by)),
    tick,
  }
}

/** Turns skipping on or off and remembers it for the next recording. */
export function toggleSkip(player: Player): void {
  player.skips.value = !player.skips.value
  localStorage.setItem(SKIP_KEY, player.skips.value ? '1' : '0')
}
