import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LiveSource, retryDelayMs } from './source'

class FakeEs {
  static made: FakeEs[] = []
  readyState = 0
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  private on = new Map<string, (ev: { data: string }) => void>()
  constructor(readonly url: string) {
    FakeEs.made.push(this)
  }
  addEventListener(name: string, fn: (ev: { data: string }) => void): void {
    this.on.set(name, fn)
  }
  emit(name: string, data: string): void {
    this.on.get(name)?.({ data })
  }
  close(): void {
    this.readyState = 2
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  FakeEs.made = []
})
afterEach(() => vi.useRealTimers())

function source() {
  const events: [string, unknown][] = []
  const links: string[] = []
  const s = new LiveSource(
    '/api/v1/events',
    { onEvent: (n, d) => events.push([n, d]), onLink: (l) => links.push(l) },
    (u) => new FakeEs(u) as unknown as EventSource,
  )
  s.start()
  const first = FakeEs.made[0]
  if (!first) throw new Error('no stream was opened')
  return { s, first, events, links }
}

describe('event stream', () => {
  it('hands on events and swallows what is no JSON', () => {
    const { first, events } = source()
    first.emit('tile', '{"person_id":"7"}')
    first.emit('tile', '{broken')
    first.emit('reset', '')
    expect(events).toEqual([
      ['tile', { person_id: '7' }],
      ['reset', {}],
    ])
  })
  it('leaves a short gap to the browser and opens a refused stream again itself', () => {
    const { first, links } = source()
    first.onopen?.()
    first.onerror?.()
    vi.advanceTimersByTime(30_000)
    expect(FakeEs.made).toHaveLength(1)
    first.readyState = 2
    first.onerror?.()
    vi.advanceTimersByTime(1000)
    expect(FakeEs.made).toHaveLength(2)
    expect(links).toEqual(['connecting', 'open', 'lost', 'connecting'])
  })
  it('does not come back after the session was replaced', () => {
    const { first, links } = source()
    first.emit('kicked', '{"at_utc_ms":1,"addr":"10.0.0.5","user_agent":"x"}')
    vi.advanceTimersByTime(60_000)
    expect(FakeEs.made).toHaveLength(1)
    expect(links.at(-1)).toBe('closed')
  })
  it('takes a silent stream for dead and asks for everything anew', () => {
    const { first, events } = source()
    first.onopen?.()
    vi.advanceTimersByTime(30_000)
    first.emit('beat', '{}')
    vi.advanceTimersByTime(30_000)
    expect(FakeEs.made).toHaveLength(1)
    vi.advanceTimersByTime(15_000)
    expect(FakeEs.made).toHaveLength(2)
    expect(events.at(-1)).toEqual(['reset', {}])
  })
  it('opens one stream however often it is started', () => {
    const { s } = source()
    s.start()
    s.start()
    expect(FakeEs.made).toHaveLength(1)
  })
  it('waits longer each time, at most 15 s', () => {
    expect([0, 1, 2, 3, 4, 99].map(retryDelayMs)).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000])
  })
})
