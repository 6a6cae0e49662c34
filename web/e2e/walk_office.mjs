// The office's half of the walk, by clicks: first link, people, a line, rules, a script, a list, a campaign.
import { until } from './browser.mjs'

/** The menu at the left, then a tab of the page. */
export async function go(page, entry, tab) {
  await page.click(`.nav a.entry:has-text("${entry}")`)
  if (tab) await page.click(`main nav a:text-is("${tab}")`)
}

async function setPassword(page, link, password) {
  await page.goto(link)
  await page.getByLabel('新密码').fill(password)
  await page.getByLabel('再输一遍').fill(password)
  await page.getByRole('button', { name: '保存并登录' }).click()
  await page.waitForURL((u) => u.pathname !== '/link')
}

/** Sets the administrator's password by the link of the first start; the link works once. */
export async function firstStart(page, link, password) {
  await setPassword(page, link, password)
  await page.waitForSelector('.nav a.entry')
  const again = await page.context().newPage()
  await again.goto(link)
  await again.getByText('这个链接无效或已用过').waitFor()
  await again.close()
}

export async function makeTeam(page, name) {
  await go(page, '设置', '部门')
  await page.getByRole('button', { name: '新增部门' }).click()
  await page.fill('#u-name', name)
  await page.selectOption('#u-kind', 'team')
  await page.selectOption('#u-parent', { index: 1 })
  await page.keyboard.press('Control+Enter')
  await page.locator('tbody tr', { hasText: name }).waitFor()
}

/** Makes a person and, in a browser of his own, sets his password by the link on the page. */
export async function makePerson(page, newPage, { jobNo, name, role, unit, password }) {
  await go(page, '设置', '人员')
  await page.getByRole('button', { name: '新增人员' }).click()
  await page.fill('#p-no', jobNo)
  await page.fill('#p-name', name)
  await page.selectOption('#p-role', { label: role })
  await page.selectOption('#p-unit', { label: unit })
  await page.locator('form.form-grid button[type=submit]').click()
  await page.locator('tbody tr', { hasText: jobNo }).waitFor()
  const link = await until(`the link of ${jobNo}`, () => page.locator('.link input').inputValue())
  const own = await newPage(jobNo)
  await setPassword(own, link, password)
  await page.getByLabel('关闭').first().click()
  return own
}

/** A line to the simulated customers, its caller number, and a test call with its ladder. */
export async function makeLine(page, { port, caller, callee }) {
  await go(page, '设置', '线路')
  await page.getByRole('button', { name: '新增线路' }).first().click()
  await page.fill('#t-name', '模拟线路')
  await page.fill('#t-host', '127.0.0.1')
  await page.getByLabel('端口').fill(String(port))
  await page.selectOption('#t-callee', 'e164')
  await page.selectOption('#t-caller', 'e164')
  await page.keyboard.press('Control+Enter')
  await page.locator('tbody tr', { hasText: '模拟线路' }).click()
  await page.fill('#t-number', caller)
  await page.getByRole('button', { name: '加号码' }).click()
  await until('the number of the line', async () => (await page.inputValue('#t-number')) === '')
  await page.getByLabel('试拨到（同事的手机）').fill(callee)
  await page.getByRole('button', { name: '试拨' }).click()
  const verdict = page.locator('.try .verdict')
  await verdict.waitFor({ timeout: 60_000 })
  const said = { verdict: await verdict.innerText(), ladder: await page.locator('.ladder li').allInnerTexts() }
  await page.keyboard.press('Escape')
  return said
}

/** One rule changed with its reason; it is still there after a reload. */
export async function changeRule(page, name, value) {
  await go(page, '设置', '规则')
  await page.fill(`#s-${name}`, String(value))
  await page.getByLabel('为什么改').first().fill('走查')
  await page.getByRole('button', { name: '保存，立即生效' }).first().click()
  await until('the rule is saved', () => page.locator('.rules .foot button[disabled]').count())
  await page.reload()
  await until('the saved rule', async () => (await page.inputValue(`#s-${name}`)) === String(value))
}

/** Writes a sentence into the first step and saves it as the next version. */
export async function editScript(page, name, sentence) {
  await go(page, '话术')
  await page.locator('.names button', { hasText: name }).click()
  await until('the script', () => page.inputValue('#s-text').catch(() => ''))
  await page.fill('#s-text', `${await page.inputValue('#s-text')}${sentence}`)
  await page.getByLabel('为什么改（会记在版本里）').fill('加一句')
  await page.getByRole('button', { name: /保存为第 2 版/ }).click()
  await page.locator('.versions button', { hasText: '加一句' }).waitFor()
}

async function choose(page, click, file) {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), click()])
  await chooser.setFiles(file)
}

/** A list from a file: columns checked, batch questions answered with a proof file, preview, apply, report kept. */
export async function importList(page, { file, proof, report, columns }) {
  await go(page, '名单', '导入')
  await choose(page, () => page.getByText('选择文件').click(), file)
  await page.waitForSelector('.prepare')
  const said = {}
  said.columns = await page
    .locator('.prepare tbody tr')
    .evaluateAll((rows) =>
      rows.map((r) => [r.cells[0].innerText, r.querySelector('select').value, r.cells[2].innerText]),
    )
  for (const [i, field] of Object.entries(columns)) {
    await page.locator('.prepare tbody select').nth(Number(i)).selectOption({ label: field })
  }
  if (await page.getByRole('button', { name: '预览' }).isEnabled()) throw new Error('a preview without a source')
  await page.fill('#f-source', '官网表单 11 月')
  await page.fill('#f-supplier', '自有')
  await page.selectOption('#f-basis', 'web')
  await page.selectOption('#f-purpose', 'marketing')
  await choose(page, () => page.getByText('上传凭证文件').click(), proof)
  await page.getByText(proof.split('/').pop()).waitFor()
  await page.getByRole('button', { name: '预览' }).click()
  await page.getByRole('button', { name: /^导入 \d+ 行/ }).waitFor({ timeout: 60_000 })
  const counts = () =>
    page
      .locator('.classes button')
      .evaluateAll((all) => Object.fromEntries(all.map((b) => b.innerText.trim().split(/\s+/))))
  said.preview = await counts()
  said.dialable = await page.locator('.dialable .big').innerText()
  said.whyNot = await page.locator('.dialable li').allInnerTexts()
  for (const name of ['重复', '无效']) {
    await page.getByRole('tab', { name }).click()
    await page.locator('.preview tbody tr').first().waitFor()
    said[name] = await page.locator('.preview tbody tr').allInnerTexts()
  }
  await page.getByRole('button', { name: /^导入 \d+ 行/ }).click()
  await page.getByRole('link', { name: '去安排拨打' }).waitFor({ timeout: 60_000 })
  said.done = await counts()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('下载明细 .xlsx').click()])
  await download.saveAs(report)
  await page.getByRole('link', { name: '去安排拨打' }).click()
  return said
}

/** A progressive campaign over the imported list, started. */
export async function makeCampaign(page, { name, team, script, file }) {
  await page.waitForURL(/\/lists$/)
  await page.getByRole('button', { name: '新建名单' }).first().click()
  await page.fill('#c-name', name)
  await page.selectOption('#c-mode', 'progressive')
  await page.selectOption('#c-unit', { label: team })
  await page.selectOption('#c-script', { label: script })
  await page.selectOption('#c-trunk', { label: '模拟线路' })
  await page.selectOption('#c-caller', { index: 1 })
  await page.getByRole('button', { name: '全部', exact: true }).click()
  await page.keyboard.press('Control+Enter')
  await page.waitForURL(/\/lists\/campaigns\/\d+/)
  const list = page.getByLabel('加入已导入的名单…')
  const option = await list.locator('option', { hasText: file }).getAttribute('value')
  await list.selectOption(option)
  await page.getByRole('button', { name: '加入', exact: true }).click()
  const added = await page.getByText(/已加入 \d+ 位客户/).innerText()
  await page.getByRole('button', { name: '开始', exact: true }).click()
  await page.locator('.ph .tag', { hasText: '拨打中' }).waitFor()
  return { added: Number(/\d+/.exec(added)[0]) }
}

/** Pauses or starts a campaign from the list of campaigns. */
export async function turn(page, campaign, button, state) {
  await go(page, '名单', '拨打名单')
  const row = page.locator('tbody tr', { hasText: campaign })
  await row.getByRole('button', { name: button, exact: true }).click()
  await row.locator('.tag', { hasText: state }).waitFor()
}

/** Ends it for good: the name is typed out first. */
export async function end(page, campaign) {
  await go(page, '名单', '拨打名单')
  const row = page.locator('tbody tr', { hasText: campaign })
  await row.getByRole('button', { name: '结束…' }).click()
  if (await row.getByRole('button', { name: '结束', exact: true }).isEnabled())
    throw new Error('a campaign can be ended without typing its name')
  await row.getByPlaceholder(campaign).fill(campaign)
  await row.getByRole('button', { name: '结束', exact: true }).click()
  await row.locator('.tag', { hasText: '已结束' }).waitFor()
}
