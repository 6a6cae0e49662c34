/* One EventSource and its reconnection. The browser itself retries and sends Last-Event-ID; only a refused connection
 * (readyState CLOSED, e.g. a restarted server behind a proxy answering 502) is opened again from here. */
import { LIVE_NAMES, QUIET_MS } from './protocol'
import type { LinkState, LiveName } from './protocol'

export interface SourceHandlers {
  onEvent(name: LiveName, data: unknown): void
  onLink(state: LinkState): void
}

/** 1, 2, 4 … 15 s */
export function retryDelayMs(attempt: number): number {
  return Math.min(15_000, 1000 * 2 ** Math.min(attempt, 4))
}

export class LiveSource {
  private es: EventSource | null = null
  private timer: ReturnType<typeof setTimeout> | null = null
  private quiet: ReturnType<typeof setTimeout> | null = null
  private attempt = 0
  state: LinkState = 'closed'

  constructor(
    private readonly url: string,
    private readonly handlers: SourceHandlers,
    private readonly make: (url: string) => EventSource = (u) => new EventSource(u),
  ) {}

  start(): void {
    if (this.es || this.timer) return
    this.open()
  }

  restart(): void {
    this.stop()
    this.open()
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer)
    if (this.quiet) clearTimeout(this.quiet)
    this.timer = this.quiet = null
    this.es?.close()
    this.es = null
    this.tell('closed')
  }

  private tell(state: LinkState): void {
    if (state === this.state) return
    this.state = state
    this.handlers.onLink(state)
  }

  /** Something came: the stream lives. A stream that is silent too long is dead, whatever the browser thinks of it. */
  private hear(es: EventSource): void {
    if (this.quiet) clearTimeout(this.quiet)
    this.quiet = setTimeout(() => {
      if (this.es !== es) return
      es.close()
      this.tell('lost')
      this.open()
      this.handlers.onEvent('reset', {})
    }, QUIET_MS)
  }

  private open(): void {
    this.tell('connecting')
    const es = this.make(this.url)
    this.es = es
    this.hear(es)
    es.addEventListener('beat', () => this.hear(es))
    es.onopen = () => {
      this.hear(es)
      this.attempt = 0
      this.tell('open')
    }
    es.onerror = () => {
      this.tell('lost')
      if (es.readyState !== 2 || this.es !== es) return
      this.es = null
      this.timer = setTimeout(() => {
        this.timer = null
        this.open()
      }, retryDelayMs(this.attempt++))
    }
    for (const name of LIVE_NAMES) {
      es.addEventListener(name, (ev) => {
        this.hear(es)
        const text = (ev as MessageEvent<string>).data
        let data: unknown
        try {
          data = text ? JSON.parse(text) : {}
        } catch {
          return
        }
        this.handlers.onEvent(name, data)
        // Who was replaced must not come back by reconnecting: the next connection would be refused anyway.
        if (name === 'kicked') this.stop()
      })
    }
  }
}
