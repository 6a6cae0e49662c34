// Screenshots of every page and of what opens on it, to be looked at; fails on what a look need not find: sideways
// scrolling, an error in the console, an uncaught exception, English in a Chinese page.
//   HUJIAO_URL=http://127.0.0.1:8080 ./run-node e2e/shots.mjs OUT PASSWORD [--only=board,desk] [--lang=zh,en] [--dark]
// The people are the demo's; each page is seen by who works with it.
import { mkdirSync } from 'node:fs'
import { assertNoSidewaysScroll, base, deskUntil, launch, login } from './browser.mjs'
import { assertChinese } from './words.mjs'

const args = process.argv.slice(2)
const option = (name) =>
  args
    .find((a) => a.startsWith(`--${name}=`))
    ?.split('=')[1]
    .split(',')
const [out, password] = args.filter((a) => !a.startsWith('--'))
if (!out || !password) throw new Error('shots.mjs OUT PASSWORD')
const only = option('only')
const langs = option('lang') ?? ['zh', 'en']
const isDark = args.includes('--dark')
mkdirSync(out, { recursive: true })

const SIZES = { 1366: [1366, 768], 1920: [1920, 1080] }
const first = (selector) => async (page) => {
  await page.locator(selector).first().click()
  await page.waitForTimeout(600)
}
const CSV =
  '姓名,手机号,城市\n王一,13900005001,上海\n李二,139-0000-5002,北京\n张三,１３９００００５００３,成都\n重复,13900005001,上海\n空号,,上海\n'
async function upload(page) {
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: '官网表单.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) })
  await page.waitForSelector('.prepare', { timeout: 20_000 })
}
async function preview(page) {
  await upload(page)
  await page.fill('#f-source', '官网表单 11 月')
  await page.selectOption('#f-basis', 'web')
  await page.keyboard.press('Control+Enter')
  await page.waitForSelector('.preview', { timeout: 20_000 })
}
async function testCall(page) {
  await first('tbody tr')(page)
  await page.locator('.try input').fill('13900009999')
  await page.locator('.try button').click()
  await page.waitForSelector('.try .verdict', { timeout: 30_000 })
}
const drag = async (page) => {
  const item = page.locator('.scd .it li[role=option]').first()
  await item.locator('.ln').click()
  await page.keyboard.press('-')
  const wave = await page.locator('.wv .wave-frame').boundingBox()
  await page.mouse.move(wave.x + wave.width * 0.4, wave.y + wave.height * 0.6)
  await page.mouse.down()
  await page.mouse.move(wave.x + wave.width * 0.55, wave.y + wave.height * 0.6, { steps: 5 })
  await page.mouse.up()
}

async function inCall(page) {
  await deskUntil(page, 'the telephone', (d) => d.station.state === 'up' && d.campaign)
  await page.keyboard.press('Enter')
  await deskUntil(page, 'a customer', (d) => d.state === 'talking' && d.call?.bridged_utc_ms)
  for (const key of ['1', 'a', 'n']) await page.keyboard.press(key)
  await page.waitForTimeout(1500)
}
async function hangUp(page) {
  await page.keyboard.press('Escape')
  await page.keyboard.press('F8')
  await deskUntil(page, 'wrap-up', (d) => d.state === 'wrapup')
}
async function save(page) {
  await page.keyboard.press('Shift+Enter')
  await deskUntil(page, 'saved', (d) => d.state === 'idle')
}

const AGENT = '1028'
const MANAGER = '3001'
const ADMIN = '9001'
const INSPECTOR = '2004'
// name, who, address, what to do there
const SCENES = [
  ['login', null, '/login'],
  ['link', null, '/link?token=used'],
  ['board', MANAGER, '/board'],
  ['board-tile', MANAGER, '/board', first('.tile.st.talk, .tile.talk, .tile')],
  ['customers', MANAGER, '/customers'],
  ['customers-none', MANAGER, '/customers?q=没有这个人'],
  ['customer', MANAGER, '/customers', first('tbody tr')],
  ['customer-new', MANAGER, '/customers', first('.filters button.btn:not(.bare)')],
  ['lists', MANAGER, '/lists'],
  ['campaign', MANAGER, '/lists', first('tbody tr td')],
  ['campaign-new', MANAGER, '/lists', first('.page-lists > .row .btn.pri')],
  ['imports', MANAGER, '/lists/imports'],
  ['import-columns', MANAGER, '/lists/imports', upload],
  ['import-preview', MANAGER, '/lists/imports', preview],
  ['calls', MANAGER, '/calls?days=7'],
  ['calls-none', MANAGER, '/calls?q=没有这个人'],
  ['call', MANAGER, '/calls?days=30&open=last&scored=1'],
  ['scripts', MANAGER, '/scripts', first('.names button')],
  ['figures', MANAGER, '/figures'],
  ['figures-open', MANAGER, '/figures', first('tr.sum .fig')],
  ['figures-day', MANAGER, '/figures?period=day&by=team'],
  ['bench', INSPECTOR, '/bench', drag],
  ['people', ADMIN, '/settings/people'],
  ['person', ADMIN, '/settings/people', first('tbody tr')],
  ['units', ADMIN, '/settings/units'],
  ['trunks', ADMIN, '/settings/trunks'],
  ['trunk-test', ADMIN, '/settings/trunks', testCall],
  ['rules', ADMIN, '/settings/rules'],
  ['policy', ADMIN, '/settings/rules', first('.rules > section:last-child .ph .btn')],
  ['certificate', ADMIN, '/settings/certificate'],
  ['audit', ADMIN, '/settings/audit'],
  ['not-found', ADMIN, '/nowhere'],
  ['denied', INSPECTOR, '/settings/people'],
  ['desk', AGENT, '/desk'],
  ['desk-call', AGENT, '/desk', inCall],
  ['desk-transfer', AGENT, null, (page) => page.keyboard.press('F6')],
  ['desk-wrapup', AGENT, null, hangUp],
  ['desk-saved', AGENT, null, save],
]

const problems = []
const browser = await launch()
const pages = new Map()
let at = ''

async function pageOf(jobNo, lang) {
  const key = `${jobNo} ${lang}`
  if (pages.has(key)) return pages.get(key)
  const context = await browser.newContext({
    permissions: ['microphone'],
    locale: lang === 'en' ? 'en-US' : 'zh-CN',
    ignoreHTTPSErrors: true,
  })
  const page = await context.newPage()
  page.on(
    'console',
    (m) =>
      m.type() === 'error' && !/ 40[14] /.test(m.text()) && problems.push(`${at}: ${m.text()} ${m.location().url}`),
  )
  page.on('pageerror', (e) => problems.push(`${at}: ${e.message}`))
  if (jobNo) {
    await login(page, jobNo, password)
    await page.evaluate(
      (l) =>
        fetch('/api/v1/me', {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ lang: l }),
        }),
      lang,
    )
  }
  pages.set(key, page)
  return page
}

/** Shows a page in every size. */
async function shoot(page, name, lang) {
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    await page.setViewportSize({ width, height })
    await page.waitForTimeout(500)
    await page.screenshot({ path: `${out}/${name}-${size}-${lang}.png` })
    await assertNoSidewaysScroll(page, `${name} ${size} ${lang}`).catch((e) => problems.push(e.message))
  }
  if (lang === 'zh') await assertChinese(page, name).catch((e) => problems.push(e.message))
}

for (const lang of langs) {
  for (const [name, who, path, prepare] of SCENES) {
    if (only && !only.includes(name)) continue
    at = `${name} ${lang}`
    try {
      const page = await pageOf(who, lang)
      await page.setViewportSize({ width: 1366, height: 768 })
      // without an address: what the scene before left
      if (path) await page.goto(base + path)
      await page.waitForSelector('.page > *, main')
      if (isDark) await page.evaluate(() => document.documentElement.classList.add('dark'))
      await page.waitForTimeout(900)
      await prepare?.(page)
      await shoot(page, name, lang)
    } catch (e) {
      problems.push(`${at}: ${String(e.message).split('\n')[0]}`)
    }
  }
  for (const [key, page] of pages) {
    if (/^\d/.test(key))
      await page.evaluate(() =>
        fetch('/api/v1/me', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"lang":"zh"}' }),
      )
    await page.context().close()
  }
  pages.clear()
}
await browser.close()
for (const p of problems) console.log(p)
console.log(`${problems.length} problems`)
process.exit(problems.length ? 1 : 0)
