// One agent's work in real Chromium: logs in, sits down, takes a call, saves the result by keys. The last line it
// prints is JSON: how often a planted number was seen in anything the server sent, and whether the page was secure.
import { base, launch, login } from './browser.mjs'

const planted = /1390000000[0-9]/
const browser = await launch({ audio: process.env.TONE })
const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, permissions: ['microphone'] })
const page = await context.newPage()
let seen = 0
page.on('response', async (r) => {
  const kind = r.headers()['content-type'] ?? ''
  if (!/json|html|text/.test(kind) || /event-stream/.test(kind)) return
  const body = await r.text().catch(() => '')
  if (planted.test(body) || planted.test(r.url())) seen++
})
const desk = () => page.evaluate(async () => (await fetch('/api/v1/desk')).json())
async function until(what, ready, ms = 60_000) {
  const end = Date.now() + ms
  for (;;) {
    const got = await desk()
    if (ready(got)) return got
    if (Date.now() > end) throw new Error(`${what}: still ${JSON.stringify(got).slice(0, 600)}`)
    await page.waitForTimeout(200)
  }
}

try {
  await login(page, process.env.JOB_NO, process.env.PASSWORD)
  await page.goto(`${base}/desk`)
  await page.waitForLoadState('networkidle').catch(() => {})
  await until('the telephone of the browser', (d) => d.station.state === 'up')
  const list = await page.evaluate(async () => (await fetch('/api/v1/agent/campaigns')).json())
  await page.evaluate(
    (id) =>
      fetch('/api/v1/agent/campaign', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ campaign_id: id }),
      }),
    list.items[0].id,
  )
  await page.keyboard.press('Enter') // 示闲，开始接通
  await until('a customer', (d) => d.state === 'talking' && d.call?.bridged_utc_ms)
  await page.waitForTimeout(10_000)
  if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT })
  await page.keyboard.press('1') // 意向
  await page.keyboard.press('a')
  await page.keyboard.press('n') // 下次联系
  await page.keyboard.press('F8') // 挂断
  await until('wrap-up', (d) => d.state === 'wrapup', 90_000)
  await page.keyboard.press('Shift+Enter') // save, then a break: no second call in this test
  await until('the saved result', (d) => d.state === 'idle' && d.status === 'paused')
  const secure = await page.evaluate(() => window.isSecureContext)
  console.log(JSON.stringify({ planted: seen, address: new URL(page.url()).origin, secure }))
} finally {
  await browser.close()
}
