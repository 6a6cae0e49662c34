import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import { toggleSkip, usePlayer, type Media, type Player } from './usePlayer'

class FakeMedia implements Media {
  src = ''
  currentTime = 0
  playbackRate = 1
  preservesPitch = false
  duration = NaN
  paused = true
  private readonly on = new Map<string, (() => void)[]>()
  play(): Promise<void> {
    this.paused = false
    this.emit('play')
    return Promise.resolve()
  }
  pause(): void {
    if (this.paused) return
    this.paused = true
    this.emit('pause')
  }
  removeAttribute(): void {
    this.src = ''
  }
  addEventListener(type: string, listener: () => void): void {
    this.on.set(type, [...(this.on.get(type) ?? []), listener])
  }
  removeEventListener(type: string, listener: () => void): void {
    this.on.set(
      type,
      (this.on.get(type) ?? []).filter((l) => l !== listener),
    )
  }
  emit(type: string): void {
    for (const l of this.on.get(type) ?? []) l()
  }
}

let media: FakeMedia
let scope: EffectScope
let player: Player

beforeEach(() => {
  localStorage.clear()
  media = new FakeMedia()
  scope = effectScope()
  scope.run(() => {
    player = usePlayer(() => [{ from_ms: 10_000, to_ms: 20_000 }], media)
  })
  player.load('/recording.wav', 60_000)
})
afterEach(() => scope.stop())

describe('the player', () => {
  it('keeps the pitch at every speed', () => {
    player.setRate(3)
    player.play()
    expect(media.playbackRate).toBe(3)
    expect(media.preservesPitch).toBe(true)
  })
  it('jumps over a silence only while playing and only when asked to', () => {
    media.currentTime = 12
    player.play()
    player.tick()
    expect(player.at_ms.value).toBe(12_000)
    toggleSkip(player)
    player.tick()
    expect(media.currentTime).toBe(19.85)
    player.pause()
    player.seek(12_000)
    player.tick()
    expect(player.at_ms.value).toBe(12_000)
  })
  it('stays inside the recording', () => {
    player.by(-5000)
    expect(player.at_ms.value).toBe(0)
    player.seek(58_000)
    player.by(5000)
    expect(player.at_ms.value).toBe(60_000)
  })
  it('remembers speed and skipping for the next recording', () => {
    player.setRate(1.5)
    toggleSkip(player)
    const next = effectScope().run(() => usePlayer(() => [], new FakeMedia()))
    expect(next?.rate.value).toBe(1.5)
    expect(next?.skips.value).toBe(true)
  })
  it('says when a recording cannot be played, but not when there is none', () => {
    media.emit('error')
    expect(player.failed.value).toBe(true)
    player.load('', 0)
    media.emit('error')
    expect(player.failed.value).toBe(false)
  })
  it('is silent once its page is gone', () => {
    player.play()
    scope.stop()
    expect(media.paused).toBe(true)
    expect(media.src).toBe('')
  })
})
