#!/usr/bin/env node
// The demo's walk in real Chromium: the address it prints, five screens by 下一步, within a minute. Fails on an empty
// chart, English in a Chinese page, a figure that does not open, sideways scroll, an error in the console.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assertNoSidewaysScroll, launch } from './browser.mjs'
import { assertChinese } from './words.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const build = process.env.HUJIAO_BUILD ?? join(root, 'build')
const dir = mkdtempSync(join(tmpdir(), 'hujiao-demo-'))
let failed = 0
async function test(name, fn) {
  try {
    await fn()
    console.log(`ok ${name}`)
  } catch (e) {
    failed++
    console.log(`not ok ${name}: ${String(e?.stack ?? e).slice(0, 1500)}`)
  }
}
const must = (is, what) => {
  if (!is) throw new Error(what)
}
const sleep = (ms) => new Promise((r) => setTimeout(r, ms))

/** A port with two free ones behind it: page, SIP, simulated people. */
function freePort() {
  return new Promise((resolve, reject) => {
    const s = createServer()
    s.on('error', reject)
    s.listen(0, '127.0.0.1', () => {
      const { port } = s.address()
      s.close(() => resolve(port))
    })
  })
}

const port = await freePort()
const demo = spawn(join(build, 'src/app/hujiao'), ['demo', '--dir', join(dir, 'demo'), '--port', String(port)], {
  stdio: ['ignore', 'pipe', 'pipe'],
})
let printed = ''
demo.stdout.on('data', (d) => (printed += d))
demo.stderr.on('data', (d) => (printed += d))
const link = async () => {
  for (let i = 0; i < 600; i++) {
    const m = /http:\/\/\S+\/tour#\S+/.exec(printed)
    if (m) return m[0]
    if (demo.exitCode !== null) break
    await sleep(100)
  }
  throw new Error(`the demo printed no address: ${printed.slice(-800)}`)
}

/** Charts are SVG or canvas; an empty one has no marks. */
async function assertCharts(page, where) {
  const marks = await page.evaluate(() => {
    const svg = document.querySelectorAll('main svg path, main svg rect, main svg polyline').length
    const inked = [...document.querySelectorAll('main canvas')].filter((c) => {
      const g = c.getContext('2d')
      if (!g || !c.width || !c.height) return false
      return g.getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 === 3 && v > 0)
    }).length
    return { svg, inked, canvas: document.querySelectorAll('main canvas').length }
  })
  must(marks.canvas ? marks.inked > 0 : marks.svg > 0, `${where}: an empty chart ${JSON.stringify(marks)}`)
}

const browser = await launch()
try {
  const context = await browser.newContext({
    viewport: { width: 1366, height: 768 },
    permissions: ['microphone'],
    locale: 'zh-CN',
  })
  const page = await context.newPage()
  const errors = []
  page.on('pageerror', (e) => errors.push(String(e).slice(0, 200)))
  const begun = Date.now()
  const next = async (path) => {
    await page.click('.tour-next')
    await page.waitForURL((u) => u.pathname.startsWith(path), { timeout: 15000 })
    await page.waitForTimeout(1200)
    await assertNoSidewaysScroll(page, path)
  }

  await test('the printed address opens the live board', async () => {
    await page.goto(await link())
    await page.waitForURL((u) => u.pathname.startsWith('/board'), { timeout: 20000 })
    await page.waitForSelector('.tour-next', { timeout: 15000 })
    await page.waitForSelector('.brd [role=alert]', { timeout: 5000 }) // something is red from the start
    await page.waitForTimeout(1500)
    await assertChinese(page, 'board')
    await assertCharts(page, 'board')
    await assertNoSidewaysScroll(page, 'board')
  })
  await test('one key at the free seat brings a customer, and the result is saved by keys', async () => {
    await next('/desk')
    await assertChinese(page, 'desk')
    const desk = () => page.evaluate(async () => (await fetch('/api/v1/desk')).json())
    const until = async (what, ready, ms) => {
      const end = Date.now() + ms
      for (;;) {
        const got = await desk()
        if (ready(got)) return got
        if (Date.now() > end) throw new Error(`${what}: still ${JSON.stringify(got).slice(0, 500)}`)
        await sleep(200)
      }
    }
    await until('the telephone', (d) => d.station.state === 'up', 15000)
    const d = await desk()
    must(d.campaign, 'the seat has no campaign')
    await page.keyboard.press('Enter')
    await until('a customer', (x) => x.state === 'talking' && x.call?.bridged_utc_ms, 45000)
    await page.waitForTimeout(2000)
    await assertChinese(page, 'desk in a call')
    for (const key of ['7', 'F8']) await page.keyboard.press(key)
    await until('the end', (x) => x.state === 'wrapup', 15000)
    await page.keyboard.press('Shift+Enter')
    await until('the saved result', (x) => x.state === 'idle', 10000)
  })
  await test('that call is in the list with its player', async () => {
    await next('/calls')
    await page.waitForSelector('tbody tr', { timeout: 10000 })
    await assertChinese(page, 'calls')
  })
  await test('why he is not dialed is said in words', async () => {
    await next('/customers')
    await assertChinese(page, 'customer')
    const text = await page.evaluate(() => document.body.innerText)
    must(/勿扰|勿拨|禁呼|不再拨|不拨/.test(text), 'no word about the do-not-call list')
  })
  await test('every figure opens as many calls as it says', async () => {
    await next('/figures')
    await assertChinese(page, 'figures')
    await assertCharts(page, 'figures')
    const rows = await page.evaluate(async () => {
      const f = await (await fetch('/api/v1/figures?period=month&by=agent')).json()
      const calls = await (await fetch(`/api/v1/calls?figure=interested&period=month&date=${f.to}&size=1`)).json()
      return { said: f.total.interested, listed: calls.total }
    })
    must(rows.said > 0 && rows.said === rows.listed, `意向 ${rows.said}, its list ${rows.listed}`)
  })
  await test('the walk has no script error', async () => {
    must(errors.length === 0, errors.join(' | '))
    console.log(`# five screens in ${((Date.now() - begun) / 1000).toFixed(1)} s`)
  })
} finally {
  await browser.close()
  await test('the demo stops when it is asked to', async () => {
    const ended = new Promise((r) => (demo.exitCode !== null ? r(true) : demo.on('exit', () => r(true))))
    demo.kill('SIGTERM')
    const inTime = await Promise.race([ended, sleep(40_000).then(() => false)])
    if (!inTime) demo.kill('SIGKILL')
    must(inTime, 'still running 40 s after SIGTERM')
  })
  rmSync(dir, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)
