import { afterEach, describe, expect, it, vi } from 'vitest'
import { slots, useScript } from './useScript'

const SCRIPT = {
  key: 'annuity',
  version: 7,
  name: '养老年金',
  steps: [
    { key: 'open', zh: '开场', text: '王先生，您好', required: [{ key: 'rec', text: '本次通话会录音' }] },
    { key: 'end', zh: '结束', text: '再见', required: [{ key: 'cool', text: '15 天犹豫期' }] },
  ],
  objections: [{ q: '太忙了', a: '明白' }],
}

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function server(answers: Record<string, unknown>): string[] {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path)
    const hit = Object.entries(answers).find(([p]) => path.startsWith(p))
    return new Response(JSON.stringify(hit?.[1] ?? {}), { status: hit ? 200 : 404 })
  })
  return asked
}

describe('script', () => {
  it('asks by call, and once a call', async () => {
    const asked = server({ '/api/v1/script': SCRIPT })
    const s = useScript()
    await s.load('9001', '31')
    await s.load('9001', '31')
    expect(asked).toEqual(['/api/v1/script?call_id=9001'])
  })
  it('stays inside its steps and counts what was said', async () => {
    server({ '/api/v1/script': SCRIPT })
    const s = useScript()
    await s.load('9001', null)
    s.go(1)
    s.go(1)
    expect(s.current.value?.key).toBe('end')
    s.go(-9)
    expect(s.current.value?.key).toBe('open')
    s.tick('rec')
    s.tick('cool')
    s.tick('cool')
    expect([s.saidCount.value, s.required.value.length]).toEqual([1, 2])
  })
  it('starts the next customer with nothing said', async () => {
    server({ '/api/v1/script': SCRIPT })
    const s = useScript()
    await s.load('9001', null)
    s.tick('rec')
    await s.load('9002', null)
    expect(s.saidCount.value).toBe(0)
  })
  it('asks again for a call that is not written yet', async () => {
    vi.useFakeTimers()
    let ready = false
    vi.stubGlobal(
      'fetch',
      async () =>
        new Response(JSON.stringify(ready ? SCRIPT : { title: '', status: 404 }), { status: ready ? 200 : 404 }),
    )
    const s = useScript()
    await s.load('9001', '31')
    expect(s.script.value).toBe(null)
    ready = true
    await vi.advanceTimersByTimeAsync(1000)
    expect(s.script.value?.version).toBe(7)
  })
  it('searches objections at the server and shows all again when emptied', async () => {
    vi.useFakeTimers()
    const asked = server({
      '/api/v1/script': SCRIPT,
      '/api/v1/objections': { items: [{ q: '太太不同意', a: '可以一起听' }] },
    })
    const s = useScript()
    await s.load('9001', null)
    s.query.value = 'ttbty'
    await vi.advanceTimersByTimeAsync(100)
    expect(asked.at(-1)).toBe('/api/v1/objections?script_key=annuity&q=ttbty')
    expect(s.found.value[0]?.q).toBe('太太不同意')
    s.query.value = ''
    await vi.advanceTimersByTimeAsync(100)
    expect(s.found.value).toEqual(SCRIPT.objections)
  })
  it('sets the filled words apart without reading them as a pattern', () => {
    expect(slots('您好，王先生(老)', ['王先生(老)'])).toEqual([
      { text: '您好，', slot: false },
      { text: '王先生(老)', slot: true },
    ])
    expect(slots('没有', [null, ''])).toEqual([{ text: '没有', slot: false }])
    expect(slots('{客户称呼}，您好', [])[0]).toEqual({ text: '{客户称呼}', slot: true })
  })
})
