/* This browser's phone: which tab owns it, its leg to the server, microphone, loudspeaker, level. */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { api, ApiError } from '@/api/client'
import { dbfs, lampsOf, PeakHold, wordOf } from '@/station/level'
import type { LevelWord } from '@/station/level'
import {
  audioContext,
  listDevices,
  meterOf,
  micObstacle,
  micProblemOf,
  openMic,
  silentTrack,
  useSpeaker,
} from '@/station/media'
import type { Devices, Meter, Mic, MicProblem } from '@/station/media'
import { openPeer } from '@/station/peer'
import type { Peer } from '@/station/peer'
import { OFF, stationOn } from '@/station/reconnect'
import type { StationEffect, StationEvent, StationMachine } from '@/station/reconnect'
import { useLive } from './live'
import { useUi } from './ui'

const LOCK = 'hujiao-phone'
/** An offer into a dead network must not block the next try: the customer waits 10 s. */
const OFFER_MS = 3000
/** How long a page that was replaced goes on carrying its call until the new one has it. */
const LINGER_MS = 30_000

export const useStation = defineStore('station', () => {
  const ui = useUi()
  const live = useLive()
  const machine = ref<StationMachine>(OFF)
  const micProblem = ref<MicProblem | null>(null)
  const error = ref<unknown>(null)
  const devices = ref<Devices>({ mics: [], speakers: [] })
  const lamps = ref(0)
  const word = ref<LevelWord>('silent')
  /** the browser plays nothing before a click or key on this page */
  const needsGesture = ref(false)
  const muted = ref(false)

  const phase = computed(() => machine.value.phase)
  const listenOnly = computed(() => micProblem.value !== null)

  const speaker = typeof Audio === 'undefined' ? null : new Audio()
  let peer: Peer | null = null
  let mic: Mic | null = null
  let meter: Meter | null = null
  let timer: ReturnType<typeof setTimeout> | null = null
  let meterTimer: ReturnType<typeof setInterval> | null = null
  let releaseLock: (() => void) | null = null
  let waiting: AbortController | null = null
  let generation = 0
  let wasLost = false

  function send(ev: StationEvent): void {
    const [next, effects] = stationOn(machine.value, ev)
    // What took the phone took the event stream too, and a dead stream notices much later than a dead phone.
    if (ev.type === 'connected' && wasLost) live.refresh()
    if (ev.type === 'failed') wasLost = true
    else if (ev.type === 'connected' || ev.type === 'stop') wasLost = false
    machine.value = next
    for (const e of effects) perform(e)
  }

  function perform(e: StationEffect): void {
    if (e.type === 'request_lock') requestLock(false)
    else if (e.type === 'connect') void connect()
    else if (e.type === 'close') closePeer()
    else
      after(
        e.ms,
        e.type === 'retry_in' ? () => void connect() : () => phase.value === 'lost' && send({ type: 'failed' }),
      )
  }

  function after(ms: number, fn: () => void): void {
    if (timer) clearTimeout(timer)
    timer = setTimeout(fn, ms)
  }

  /** One tab has the phone; a tab that waits gets it when the owner goes. Without Web Locks (insecure page) the server
   *  decides: the newest offer moves the station. */
  function requestLock(steal: boolean): void {
    if (!navigator.locks) return void queueMicrotask(() => send({ type: 'lock' }))
    waiting?.abort()
    const mine = new AbortController()
    waiting = mine
    const hold = () => {
      if (waiting === mine) waiting = null
      if (phase.value === 'off') return
      send({ type: 'lock' })
      return new Promise<void>((done) => (releaseLock = done))
    }
    // A request may be taken back or may steal, not both.
    void navigator.locks.request(LOCK, steal ? { steal: true } : { signal: mine.signal }, hold).catch(() => {
      if (mine.signal.aborted) return
      send({ type: 'lock_stolen' })
      if (phase.value === 'elsewhere') requestLock(false)
    })
    if (!steal)
      void navigator.locks.query().then((q) => {
        if (phase.value === 'waiting' && q.held?.some((l) => l.name === LOCK)) send({ type: 'lock_stolen' })
      })
  }

  function closePeer(): void {
    generation++
    if (timer) clearTimeout(timer)
    timer = null
    peer?.close()
    peer = null
    if (speaker) speaker.srcObject = null
  }

  async function connect(): Promise<void> {
    const mine = ++generation
    peer?.close()
    peer = null
    if (machine.value.phase === 'lost') machine.value = { ...machine.value, phase: 'connecting' }
    const alive = () => mine === generation
    try {
      const track = await localTrack()
      const opened = await openPeer(
        track,
        async (sdp) => {
          const signal = AbortSignal.timeout(OFFER_MS)
          return (await api.post<{ sdp: string }>('/api/v1/station/offer', { sdp }, { signal })).sdp
        },
        {
          connected: () => alive() && send({ type: 'connected' }),
          disconnected: () => alive() && send({ type: 'disconnected' }),
          failed: () => alive() && (phase.value === 'off' ? void stop(false) : send({ type: 'failed' })),
          stream: (s) => alive() && void listen(s),
        },
      )
      if (!alive()) return opened.close()
      peer = opened
      error.value = null
    } catch (e) {
      if (!alive()) return
      error.value = e
      // A refusal (no session, no permission, a station of another kind) is not mended by asking again.
      const refused = e instanceof ApiError && e.status >= 400 && e.status < 500 && e.status !== 409 && e.status !== 429
      send({ type: refused ? 'refused' : 'failed' })
    }
  }

  async function listen(stream: MediaStream): Promise<void> {
    if (!speaker) return
    speaker.srcObject = stream
    await useSpeaker(speaker, ui.speakerId)
    try {
      await speaker.play()
      needsGesture.value = false
    } catch (e) {
      needsGesture.value = e instanceof DOMException && e.name === 'NotAllowedError'
    }
  }

  async function localTrack(): Promise<MediaStreamTrack> {
    if (!mic || mic.track.readyState === 'ended') await openMicrophone()
    return mic?.track ?? silentTrack()
  }

  /** Leaves `micProblem` set when there is none; the station then works by sending silence. */
  async function openMicrophone(): Promise<void> {
    closeMic()
    micProblem.value = micObstacle()
    if (micProblem.value) return
    try {
      mic = await openMic(ui.micId)
      mic.track.enabled = !muted.value
      mic.track.onended = () => void changeMic()
      meter = meterOf(mic.stream)
      devices.value = await listDevices()
    } catch (e) {
      micProblem.value = micProblemOf(e)
    }
    watchLevel()
  }

  function closeMic(): void {
    meter?.close()
    meter = null
    if (mic) mic.track.onended = null
    mic?.track.stop()
    mic = null
    lamps.value = 0
  }

  /** Another microphone in the middle of a call: the track changes, the leg stays. */
  async function changeMic(): Promise<void> {
    await openMicrophone()
    await peer?.replaceTrack(mic?.track ?? silentTrack())
  }

  function watchLevel(): void {
    if (meterTimer) clearInterval(meterTimer)
    const hold = new PeakHold()
    meterTimer = setInterval(() => {
      if (!meter || muted.value) return void (lamps.value = 0)
      const db = dbfs(meter.read())
      lamps.value = lampsOf(db)
      word.value = wordOf(hold.push(db, performance.now()))
    }, 80)
  }

  function start(): void {
    send({ type: 'start' })
  }

  /** Takes the phone from the tab that has it. */
  function takeOver(): void {
    requestLock(true)
  }

  /** @param tell  false when the session is gone and the server would not listen */
  async function stop(tell = true): Promise<void> {
    const had = phase.value !== 'off' && phase.value !== 'elsewhere'
    send({ type: 'stop' })
    closeMic()
    waiting?.abort()
    waiting = null
    releaseLock?.()
    releaseLock = null
    if (had && tell) await api.delete('/api/v1/station', { keepalive: true }).catch(() => {})
  }

  /** Replaced by a log-in elsewhere: the call goes on here until the server moves it there. */
  function linger(): void {
    if (phase.value !== 'up') return void stop(false)
    const mine = generation
    machine.value = { phase: 'off', attempt: 0 }
    setTimeout(() => mine === generation && void stop(false), LINGER_MS)
  }

  /** Any click or key on the page: what the browser held back may now play. */
  function gesture(): void {
    audioContext()
    if (needsGesture.value && speaker) void speaker.play().then(() => (needsGesture.value = false))
  }

  function setMuted(on: boolean): void {
    muted.value = on
    if (mic) mic.track.enabled = !on
  }

  watch(
    () => ui.micId,
    () => phase.value !== 'off' && void changeMic(),
  )
  watch(
    () => ui.speakerId,
    (id) => speaker && void useSpeaker(speaker, id),
  )
  navigator.mediaDevices?.addEventListener?.('devicechange', () => void listDevices().then((d) => (devices.value = d)))
  // A closed tab says so: the server plays music at once instead of finding out by silence.
  window.addEventListener('pagehide', closePeer)
  window.addEventListener('pageshow', (ev) => ev.persisted && phase.value !== 'off' && void connect())
  window.addEventListener('online', () => phase.value === 'lost' && void connect())

  return {
    phase,
    micProblem,
    listenOnly,
    error,
    devices,
    lamps,
    word,
    muted,
    needsGesture,
    start,
    stop,
    linger,
    takeOver,
    gesture,
    setMuted,
    openMicrophone,
    closeMic,
  }
})
