// Screenshots of every menu entry as each person sees it, to be looked at; fails on what a look need not find:
// sideways scrolling, an error in the console, an uncaught exception.
//   HUJIAO_URL=http://127.0.0.1:8080 ./run-node e2e/shots.mjs OUT JOBNO:PASSWORD [JOBNO:PASSWORD …] [--only=/board] [--all]
// Sizes: 1366x768 and 1920x1080; --all adds a 625 px high window, dark and English.
import { mkdirSync } from 'node:fs'
import { assertNoSidewaysScroll, base, launch, login } from './browser.mjs'

const args = process.argv.slice(2)
const out = args.find((a) => !a.startsWith('--') && !a.includes(':')) ?? '../out/shots'
const people = args.filter((a) => !a.startsWith('--') && a.includes(':')).map((a) => a.split(':'))
const only = args.find((a) => a.startsWith('--only='))?.slice(7)
const all = args.includes('--all')
if (!people.length) throw new Error('name at least one JOBNO:PASSWORD')
mkdirSync(out, { recursive: true })

const SIZES = { '1366x768': [1366, 768], '1920x1080': [1920, 1080], ...(all ? { '1366x625': [1366, 625] } : {}) }
const problems = []
const browser = await launch()

async function shoot(page, name) {
  await page.waitForTimeout(700)
  await page.screenshot({ path: `${out}/${name}.png` })
  await assertNoSidewaysScroll(page, name).catch((e) => problems.push(e.message))
}

for (const [jobNo, password] of people) {
  const context = await browser.newContext({
    viewport: { width: 1366, height: 768 },
    permissions: ['microphone'],
    ignoreHTTPSErrors: true,
  })
  const page = await context.newPage()
  let at = 'login'
  page.on('console', (m) => m.type() === 'error' && problems.push(`${jobNo} ${at}: ${m.text()} ${m.location().url}`))
  page.on('pageerror', (e) => problems.push(`${jobNo} ${at}: ${e.message}`))
  await page.goto(`${base}/login`)
  await shoot(page, 'login')
  problems.length = 0 // before the log-in nobody is logged in, and the console says so
  await login(page, jobNo, password)
  await page.waitForSelector('.nav a.entry')
  const paths = await page.$$eval('.nav a.entry', (links) => links.map((a) => a.getAttribute('href')))
  for (const path of paths) {
    if (only && path !== only) continue
    at = path
    await page.goto(base + path)
    await page.waitForSelector('.page > *')
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height })
      await shoot(page, `${jobNo}${path.replace(/\W+/g, '-')}-${size}`)
    }
    await page.setViewportSize({ width: 1366, height: 768 })
    if (!all) continue
    await page.evaluate(() => document.documentElement.classList.add('dark'))
    await shoot(page, `${jobNo}${path.replace(/\W+/g, '-')}-dark`)
    await page.evaluate(() => document.documentElement.classList.remove('dark'))
  }
  await context.close()
}
await browser.close()
for (const p of problems) console.log(p)
console.log(`${problems.length} problems`)
process.exit(problems.length ? 1 : 0)
