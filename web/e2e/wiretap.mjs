// A plain HTTP proxy that reads everything a server sends to a browser: pages, answers, event streams of workers and
// downloads alike. What it looks for is counted per address, whatever pieces it arrives in.
import { createServer, request } from 'node:http'

/** @param wanted  a global RegExp; the longest thing it can match must be shorter than `KEEP` characters */
const KEEP = 64

export async function wiretap(wanted) {
  const found = new Map()
  let bytes = 0
  const look = (where, text) => {
    const n = [...text.matchAll(wanted)].length
    if (n) found.set(where, (found.get(where) ?? 0) + n)
  }
  const server = createServer((rq, rs) => {
    const to = new URL(rq.url)
    // As it is, not packed: packed bytes hide what is looked for.
    const headers = { ...rq.headers, 'accept-encoding': 'identity' }
    const on = request({ host: to.hostname, port: to.port, path: to.pathname + to.search, method: rq.method, headers })
    on.on('response', (answer) => {
      const where = `${rq.method} ${to.pathname}`
      rs.writeHead(answer.statusCode, answer.rawHeaders)
      look(`${where} (head)`, answer.rawHeaders.join('\n'))
      let tail = ''
      let seen = ''
      const read = new TextDecoder()
      answer.on('data', (chunk) => {
        bytes += chunk.length
        seen = tail + read.decode(chunk, { stream: true })
        // A match inside the kept tail was counted with the chunk before.
        for (const m of seen.matchAll(wanted))
          if (m.index + m[0].length > tail.length) found.set(where, (found.get(where) ?? 0) + 1)
        tail = seen.slice(-KEEP)
      })
      answer.pipe(rs)
      rs.on('close', () => answer.destroy())
    })
    on.on('error', () => rs.destroy())
    rs.on('close', () => on.destroy())
    rq.pipe(on)
  })
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok))
  return {
    proxy: { server: `http://127.0.0.1:${server.address().port}`, bypass: '<-loopback>' },
    found: () => Object.fromEntries(found),
    bytes: () => bytes,
    close: () => server.closeAllConnections() || server.close(),
  }
}
