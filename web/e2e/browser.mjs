// Debian's Chromium by Playwright, quiet and with a fake microphone.
import { chromium } from 'playwright-core'

export const base = process.env.HUJIAO_URL ?? 'http://127.0.0.1:8080'

export function launch({ audio } = {}) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
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
    ],
  })
}

export async function login(page, jobNo, password) {
  await page.goto(`${base}/login`)
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
