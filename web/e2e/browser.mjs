// Debian's Chromium by Playwright, quiet and with a fake microphone.
import { chromium } from 'playwright-core'

export const base = process.env.HUJIAO_URL ?? 'http://127.0.0.1:8080'

/** `audio` is what the microphone hears; `executable` a script in Chromium's place, e.g. one that enters a network
 *  namespace first; `proxy` and `env` are Playwright's. */
export function launch({ audio, executable, args = [], ...more } = {}) {
  return chromium.launch({
    executablePath: executable ?? process.env.CHROMIUM ?? '/usr/bin/chromium',
    ...more,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      ...(audio ? [`--use-file-for-fake-audio-capture=${audio}`] : []),
      '--autoplay-policy=no-user-gesture-required',
      ...args,
    ],
  })
}

export async function login(page, jobNo, password, at = base) {
  await page.goto(`${at}/login`)
  await page.fill('input[name=job_no]', jobNo)
  await page.fill('input[name=password]', password)
  await page.press('input[name=password]', 'Enter')
  await page.waitForURL((url) => !url.pathname.startsWith('/login'))
}

/** Fails loudly when anything on the page can be scrolled sideways. */
export async function assertNoSidewaysScroll(page, what) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (wide > 0) throw new Error(`${what} scrolls ${wide} px sideways`)
}

/** Asks `look` until it answers something true, and returns that. */
export async function until(what, look, ms = 60_000) {
  const end = Date.now() + ms
  for (;;) {
    const got = await look()
    if (got) return got
    if (Date.now() > end) throw new Error(`${what}: still not so after ${ms / 1000} s`)
    await new Promise((r) => setTimeout(r, 150))
  }
}

/** The desk as the server sees it, once `ready` likes it. */
export async function deskUntil(page, what, ready, ms = 60_000) {
  let last
  const look = async () => {
    last = await page.evaluate(async () => (await fetch('/api/v1/desk')).json())
    return ready(last) ? last : null
  }
  return until(what, look, ms).catch((e) => {
    throw new Error(`${e.message}; ${JSON.stringify(last).slice(0, 600)}`)
  })
}
