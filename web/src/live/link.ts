/* The page's end of the event stream: through the shared worker where there is one, else a stream of its own. */
import { HERE_EVERY_MS } from './protocol'
import type { LinkState, LiveName, ToPage, ToWorker } from './protocol'
import { LiveSource } from './source'

export interface LiveLink {
  start(): void
  restart(): void
  stop(): void
}

export interface LinkHandlers {
  onEvent(name: LiveName, data: unknown): void
  onLink(state: LinkState): void
}

function workerLink(handlers: LinkHandlers): LiveLink {
  const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'hujiao-live' })
  const say = (m: ToWorker) => worker.port.postMessage(m)
  worker.port.onmessage = (m: MessageEvent<ToPage>) => {
    if (m.data.type === 'event') handlers.onEvent(m.data.name, m.data.data)
    else handlers.onLink(m.data.state)
  }
  worker.port.start()
  setInterval(() => say({ type: 'here' }), HERE_EVERY_MS)
  addEventListener('pagehide', () => say({ type: 'bye' }))
  addEventListener('pageshow', (ev) => ev.persisted && say({ type: 'start' }))
  return {
    start: () => say({ type: 'start' }),
    restart: () => say({ type: 'restart' }),
    stop: () => say({ type: 'stop' }),
  }
}

export function openLink(handlers: LinkHandlers): LiveLink {
  if (typeof SharedWorker === 'function') {
    try {
      return workerLink(handlers)
    } catch {
      // a policy of the browser forbids workers: this page listens alone
    }
  }
  return new LiveSource('/api/v1/events', handlers)
}
