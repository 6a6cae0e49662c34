// Hands in real Chromium for tests written elsewhere: one command a line of JSON on standard input, one answer a line.
// {"id":1,"op":"page","browser":"b","context":"c","page":"p"} → {"id":1,"ok":true,"value":…} or {"id":1,"ok":false,"error":…}
import { createInterface } from 'node:readline'
import { launch, login } from './browser.mjs'

const browsers = new Map()
const contexts = new Map()
const pages = new Map()
const of = (map, name) => {
  const got = map.get(name)
  if (!got) throw new Error(`no '${name}'`)
  return got
}

const OPS = {
  async browser({ browser, audio, executable, args }) {
    browsers.set(browser, await launch({ audio, executable, args }))
  },
  async page({ browser, context, page, ...options }) {
    if (!contexts.has(context))
      contexts.set(
        context,
        await of(browsers, browser).newContext({
          viewport: { width: 1366, height: 768 },
          permissions: ['microphone'],
          ...options,
        }),
      )
    const made = await of(contexts, context).newPage()
    pages.set(page, made)
  },
  goto: ({ page, url }) =>
    of(pages, page)
      .goto(url)
      .then(() => null),
  login: ({ page, url, job_no, password }) => login(of(pages, page), job_no, password, url),
  eval: ({ page, js, arg }) => of(pages, page).evaluate(`(async (arg) => { ${js} })(${JSON.stringify(arg ?? null)})`),
  text: ({ page, selector }) => of(pages, page).locator(selector).first().innerText({ timeout: 5000 }),
  press: ({ page, key }) => of(pages, page).keyboard.press(key),
  type: ({ page, text }) => of(pages, page).keyboard.type(text),
  fill: ({ page, selector, text }) => of(pages, page).fill(selector, text),
  click: ({ page, selector }) => of(pages, page).locator(selector).first().click({ timeout: 10_000 }),
  shot: ({ page, path }) =>
    of(pages, page)
      .screenshot({ path })
      .then(() => null),
  close_page: ({ page }) => of(pages, page).close(),
  close_context: async ({ context }) => {
    await of(contexts, context).close()
    contexts.delete(context)
  },
  state: ({ context }) => of(contexts, context).storageState(),
}

const say = (m) => process.stdout.write(`${JSON.stringify(m)}\n`)
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const { id, op, ...rest } = JSON.parse(line)
  Promise.resolve()
    .then(() => OPS[op](rest))
    .then(
      (value) => say({ id, ok: true, value: value ?? null }),
      (e) => say({ id, ok: false, error: String(e?.stack ?? e).slice(0, 1500) }),
    )
})
lines.on('close', async () => {
  await Promise.allSettled([...browsers.values()].map((b) => b.close()))
  process.exit(0)
})
