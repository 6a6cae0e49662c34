/* Microphone, silence in its place, devices, loudspeaker. */

export type MicProblem = 'insecure' | 'unsupported' | 'denied' | 'none' | 'busy' | 'failed'

export interface Mic {
  track: MediaStreamTrack
  stream: MediaStream
}

/** Why this page can have no microphone at all, before asking for one. */
export function micObstacle(): MicProblem | null {
  if (!window.isSecureContext) return 'insecure'
  return typeof navigator.mediaDevices?.getUserMedia === 'function' ? null : 'unsupported'
}

export function micProblemOf(e: unknown): MicProblem {
  const name = e instanceof DOMException ? e.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none'
  return name === 'NotReadableError' ? 'busy' : 'failed'
}

/** Opens the chosen microphone; one that was unplugged falls back to the system's own. */
export async function openMic(deviceId: string): Promise<Mic> {
  const audio: MediaTrackConstraints = {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: 1,
  }
  let stream: MediaStream
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: deviceId ? { ...audio, deviceId: { exact: deviceId } } : audio,
    })
  } catch (e) {
    if (!deviceId || micProblemOf(e) !== 'none') throw e
    stream = await navigator.mediaDevices.getUserMedia({ audio })
  }
  const track = stream.getAudioTracks()[0]
  if (!track) throw new DOMException('no audio track', 'NotFoundError')
  return { track, stream }
}

export interface Devices {
  mics: MediaDeviceInfo[]
  speakers: MediaDeviceInfo[]
}

export async function listDevices(): Promise<Devices> {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? []
  return { mics: all.filter((d) => d.kind === 'audioinput'), speakers: all.filter((d) => d.kind === 'audiooutput') }
}

let context: AudioContext | null = null

/** One audio context for meters, tones and silence; a browser starts it only after a click or key. */
export function audioContext(): AudioContext {
  context ??= new AudioContext()
  if (context.state === 'suspended') void context.resume().catch(() => {})
  return context
}

/** A track that sends silence: who has no microphone still hears the customer, and the server still sees media. */
export function silentTrack(): MediaStreamTrack {
  const ctx = audioContext()
  const out = ctx.createMediaStreamDestination()
  const source = ctx.createConstantSource()
  const gain = ctx.createGain()
  gain.gain.value = 0
  source.connect(gain).connect(out)
  source.start()
  const track = out.stream.getAudioTracks()[0]
  if (!track) throw new Error('the browser made no silent track')
  return track
}

export interface Meter {
  /** samples of the last moment */
  read(): Float32Array
  close(): void
}

export function meterOf(stream: MediaStream): Meter {
  const ctx = audioContext()
  const node = ctx.createMediaStreamSource(stream)
  const analyser = ctx.createAnalyser()
  analyser.fftSize = 1024
  node.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  return {
    read() {
      analyser.getFloatTimeDomainData(samples)
      return samples
    },
    close: () => node.disconnect(),
  }
}

type SinkElement = HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }

export async function useSpeaker(element: HTMLAudioElement, deviceId: string): Promise<void> {
  try {
    await (element as SinkElement).setSinkId?.(deviceId)
  } catch {
    // the device is gone: the system's own loudspeaker stays in use
  }
}

/** Two short tones through the chosen loudspeaker. */
export async function playTestTone(speakerId: string): Promise<void> {
  const ctx = audioContext()
  const out = ctx.createMediaStreamDestination()
  const element = new Audio()
  element.srcObject = out.stream
  await useSpeaker(element, speakerId)
  await element.play()
  const start = ctx.currentTime + 0.05
  ;[523.25, 659.25].forEach((hz, i) => {
    const osc = ctx.createOscillator()
    const gain = ctx.createGain()
    const t = start + i * 0.35
    osc.frequency.value = hz
    gain.gain.setValueAtTime(0, t)
    gain.gain.linearRampToValueAtTime(0.25, t + 0.02)
    gain.gain.setValueAtTime(0.25, t + 0.25)
    gain.gain.linearRampToValueAtTime(0, t + 0.3)
    osc.connect(gain).connect(out)
    osc.start(t)
    osc.stop(t + 0.31)
  })
  await new Promise((done) => setTimeout(done, 900))
  element.pause()
  element.srcObject = null
}
