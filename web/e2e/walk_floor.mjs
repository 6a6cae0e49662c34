// The floor's half of the walk, by clicks and keys: a call, its correction, a supervisor's ear, the score, the figures.
import { base, deskUntil, login, until } from './browser.mjs'
import { go } from './walk_office.mjs'

/** The headset check of the log-in page hears the microphone; then the agent is at his desk with his telephone. */
export async function sitDown(page, jobNo, password) {
  await page.goto(`${base}/login`)
  await page.locator('.check .wide').waitFor()
  await page.getByRole('button', { name: '试听' }).click()
  await until('the headset check hears the microphone', async () =>
    /声音正常|声音过大|声音偏小/.test(await page.locator('.check').innerText()),
  )
  await login(page, jobNo, password)
  await page.waitForURL(/\/desk/)
  const desk = await deskUntil(page, 'the telephone of the browser', (d) => d.station.state === 'up' && d.campaign)
  return desk.campaign
}

export async function takeCall(page) {
  await page.keyboard.press('Enter') // 示闲，开始接通
  const desk = await deskUntil(page, 'a customer', (d) => d.state === 'talking' && d.call?.bridged_utc_ms)
  await page.locator('.cu .name', { hasText: desk.call.customer_name }).waitFor()
  return desk.call
}

/** Result 1, grade A, next contact, ended by F8, saved by one key that also gives a break. */
export async function finishCall(page, keys) {
  for (const key of keys) await page.keyboard.press(key)
  await page.keyboard.press('F8')
  await deskUntil(page, 'wrap-up', (d) => d.state === 'wrapup')
  await page.keyboard.press('Shift+Enter')
  await deskUntil(page, 'the saved result', (d) => d.state === 'idle' && d.status === 'paused')
}

/** The wrong result of the last call of `name` is corrected at the desk, with its reason. */
export async function correct(page, { name, result, reason }) {
  await page.locator('.cu .name', { hasText: name }).waitFor()
  await page.getByRole('button', { name: '更正' }).first().click()
  await page.getByRole('radio', { name: result }).click()
  if (await page.getByRole('button', { name: /保存更正/ }).isEnabled()) throw new Error('corrected without a reason')
  await page.getByPlaceholder('更正原因（必填）').fill(reason)
  await page.getByRole('button', { name: /保存更正/ }).click()
  await page.locator('.tl li', { hasText: result }).first().waitFor()
}

/** Mute and hold by their buttons, and back. */
export async function muteAndHold(page) {
  const press = (name) => page.locator('.ctl button', { hasText: name }).click()
  await press('静音')
  await deskUntil(page, 'muted', (d) => d.call.muted)
  await press('静音')
  await deskUntil(page, 'heard again', (d) => !d.call.muted)
  await press('保持')
  await deskUntil(page, 'holding', (d) => d.call.held)
  await page.locator('.call .hd', { hasText: '客户听音乐' }).waitFor()
  await press('保持')
  await deskUntil(page, 'back', (d) => !d.call.held)
}

/** The supervisor selects the agent's tile and listens; silence again when he lets go. */
export async function listenIn(page, agent) {
  await go(page, '监控')
  const tile = page.locator('.tile', { hasText: agent })
  await tile.click()
  await tile.getByRole('button', { name: '监听' }).click()
  await tile.locator('.tag', { hasText: '监听' }).waitFor()
  await page.waitForTimeout(1500)
  await tile.getByRole('button', { name: '监听' }).click()
  await until('nobody listens', async () => !(await tile.locator('.tag', { hasText: '监听' }).count()))
}

/** The call in the list, opened with its two-channel player, played for a moment. */
export async function playFromList(page, customer) {
  await go(page, '通话')
  const row = page.locator('tbody tr', { hasText: customer }).first()
  await row.waitFor()
  const said = await row.innerText()
  await row.getByRole('button', { name: '播放' }).click()
  await page.locator('aside.side .wave-frame').waitFor()
  await until('the recording plays', () =>
    page
      .locator('aside.side')
      .evaluate((e) => !/(^|\s)0:00(\.0)? \//.test(e.querySelector('.pl, .player, .wave-box')?.innerText ?? '0:00 /')),
  )
  const events = await page.locator('aside.side .events').allInnerTexts()
  await page.keyboard.press('Escape')
  return { row: said, events }
}

/** 8.5 of 10 under A2: one and a half points taken by clicks, one of them tied to a stretch by dragging over it. */
export async function score(page, call, form) {
  await page.goto(`${base}/bench?call=${call}&form=${form}`)
  await page.locator('.scd .tot').waitFor({ timeout: 20_000 })
  const take = page.locator('.scd').getByRole('button', { name: /^−0\.5/ })
  const item = (i) => page.locator('.scd .it li[role=option]').nth(i)
  await item(0).locator('.ln').click()
  await take.click()
  await take.click()
  const wave = await page.locator('.wv .wave-frame').boundingBox()
  await page.mouse.move(wave.x + wave.width * 0.4, wave.y + wave.height * 0.6)
  await page.mouse.down()
  await page.mouse.move(wave.x + wave.width * 0.6, wave.y + wave.height * 0.6, { steps: 6 })
  await page.mouse.up()
  await item(0).locator('.mo a').waitFor()
  await item(0).locator('.why').fill('未核实本人')
  await page.keyboard.press('Escape')
  await item(1).locator('.ln').click()
  await take.click()
  const said = { total: await page.locator('.tot .v').innerText(), verdict: await page.locator('.tot').innerText() }
  await page.locator('.foot', { hasText: '已自动保存' }).waitFor()
  await page.locator('.foot button', { hasText: '提交' }).click()
  await until('the next call or the empty queue', async () => !page.url().includes(call))
  return said
}

/** Every figure of the day's total row, as written and as many calls as its drawer lists. */
export async function figures(page, file) {
  await go(page, '数据')
  await page.getByRole('button', { name: '日', exact: true }).click()
  await page.locator('tr.sum .fig').first().waitFor()
  const heads = await page.locator('table.figures thead th').allInnerTexts()
  const cells = await page.locator('tr.sum td').allInnerTexts()
  const opened = {}
  for (const [i, head] of heads.entries()) {
    const cell = page.locator('tr.sum td').nth(i)
    if (!(await cell.locator('.fig').count())) continue
    await cell.locator('.fig').click()
    const line = page.locator('aside.dr .head')
    await until(`${head} opens its calls`, async () => /\d/.test(await line.innerText()))
    opened[head.trim()] = { says: cells[i].trim(), line: await line.innerText() }
    await page.keyboard.press('Escape')
    await page.locator('aside.dr').waitFor({ state: 'detached' })
  }
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('导出 .xlsx').click()])
  await download.saveAs(file)
  return opened
}

/** A customer is put on the do-not-call list, and the page says why he is not dialed. */
export async function refuse(page, customer) {
  await go(page, '客户')
  await page.getByLabel('姓名、号码后四位').or(page.locator('.filters input[type=search]')).first().fill(customer)
  await page.locator('tbody tr', { hasText: customer }).first().click()
  await page.waitForURL(/\/customers\/\d+/)
  await page.getByRole('button', { name: '列入勿扰名单…' }).click()
  await page.getByLabel('原因').selectOption('complaint')
  await page.getByRole('button', { name: '列入', exact: true }).click()
  await page.getByText('他在勿扰名单上').waitFor()
  await page.locator('.verdict.no').waitFor()
  return {
    title: await page.locator('section[aria-label="为什么不拨他？"] h2').innerText(),
    why: await page.locator('.verdict.no').innerText(),
    refused: await page.locator('.checks li.bad').allInnerTexts(),
  }
}
