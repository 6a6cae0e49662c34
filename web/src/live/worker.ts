/* The one event stream of this browser: every tab is a port, the last one to leave closes the stream. */
import { GONE_AFTER_MS } from './protocol'
import type { ToPage, ToWorker } from './protocol'
import { LiveSource } from './source'

interface WorkerScope {
  onconnect: ((ev: MessageEvent) => void) | null
}

const pages = new Map<MessagePort, number>()

function tellAll(message: ToPage): void {
  for (const port of pages.keys()) port.postMessage(message)
}

const source = new LiveSource('/api/v1/events', {
  onEvent: (name, data) => tellAll({ type: 'event', name, data }),
  onLink: (state) => tellAll({ type: 'link', state }),
})

function forget(port: MessagePort): void {
  pages.delete(port)
  if (pages.size === 0) source.stop()
}

setInterval(() => {
  const now = Date.now()
  for (const [port, seen] of pages) if (now - seen > GONE_AFTER_MS) forget(port)
}, 30_000)

;(self as unknown as WorkerScope).onconnect = (ev) => {
  const port = ev.ports[0]
  if (!port) return
  port.onmessage = (m: MessageEvent<ToWorker>) => {
    if (m.data.type === 'bye') return forget(port)
    pages.set(port, Date.now())
    if (m.data.type === 'start') {
      source.start()
      port.postMessage({ type: 'link', state: source.state } satisfies ToPage)
    } else if (m.data.type === 'restart') source.restart()
    else if (m.data.type === 'stop') source.stop()
  }
  port.start()
}
