// A company's first day by clicks in real Chromium, from the first start's link to a judged call and its figures.
// tests/scenario/test_walk.py starts the program and its customers, then judges what stands in FACTS and FOLDER.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assertNoSidewaysScroll, deskUntil, launch } from './browser.mjs'
import * as floor from './walk_floor.mjs'
import * as office from './walk_office.mjs'
import { wiretap } from './wiretap.mjs'

const { LINK, FOLDER, TONE, PASSWORD, LINE_PORT, LINE_CALLER, POLICY, LIST, PROOF } = process.env
const TEAM = '一组'
const CAMPAIGN = '年金首呼'
const SENTENCE = '这一句是刚加的。'
const PLANTED = /1[\s-]?39[\s-]?0000[\s-]?0\d{3}|１３９００００/g
const facts = {}
const errors = []
const tap = await wiretap(PLANTED)
const browser = await launch({ audio: TONE, proxy: tap.proxy, downloadsPath: FOLDER })

/** A page in a browser profile of its own. */
async function newPage(who) {
  const context = await browser.newContext({
    viewport: { width: 1366, height: 768 },
    permissions: ['microphone'],
    locale: 'zh-CN',
    acceptDownloads: true,
  })
  const page = await context.newPage()
  page.who = who
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (e) => errors.push(`${who}: ${String(e).slice(0, 300)}`))
  page.on('console', (m) => {
    // 401 is how a page learns that nobody is logged in yet.
    if (m.type() === 'error' && !/status of 401/.test(m.text())) errors.push(`${who} ${page.url()}: ${m.text()}`)
  })
  return page
}

let failed = 0
const pages = {}
async function step(name, fn) {
  if (failed) return
  try {
    await fn()
    for (const [who, page] of Object.entries(pages)) await assertNoSidewaysScroll(page, who)
    console.log(`ok ${name}`)
  } catch (e) {
    failed++
    console.log(`not ok ${name}: ${String(e?.stack ?? e).slice(0, 1200)}`)
    for (const [who, page] of Object.entries(pages))
      await page.screenshot({ path: join(FOLDER, `failed-${who}.png`) }).catch(() => {})
  }
}
const must = (is, what) => {
  if (!is) throw new Error(what)
}
const person = (jobNo, name, role, unit) => ({ jobNo, name, role, unit, password: PASSWORD })

try {
  await step('the first start link sets the administrator password, once', async () => {
    pages.admin = await newPage('admin')
    await office.firstStart(pages.admin, LINK, PASSWORD)
  })
  await step('a team and its people are made, each sets his own password', async () => {
    await office.makeTeam(pages.admin, TEAM)
    const company = (await pages.admin.locator('tbody tr td').first().innerText()).trim()
    const make = (p) => office.makePerson(pages.admin, newPage, p)
    pages.agent = await make(person('1001', '林小满', '坐席', TEAM))
    pages.supervisor = await make(person('2001', '周班长', '班组长', TEAM))
    pages.inspector = await make(person('3001', '韩质检', '质检员', TEAM))
    pages.manager = await make(person('4001', '钱经理', '经理', company))
  })
  await step('a line is made, its test call shows a ladder', async () => {
    facts.line = await office.makeLine(pages.admin, { port: LINE_PORT, caller: LINE_CALLER, callee: '13900000099' })
    must(facts.line.ladder.length >= 3, `the ladder: ${JSON.stringify(facts.line)}`)
  })
  await step('a rule is changed and stays', () => office.changeRule(pages.admin, 'wrapup_limit_s', 75))
  await step('calls may be made at any hour here', async () => {
    const status = await pages.admin.evaluate(
      async (body) =>
        (
          await fetch('/api/v1/policy', {
            method: 'PUT',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ body: JSON.parse(body), reason: 'this test runs at any hour' }),
          })
        ).status,
      POLICY,
    )
    must(status < 300, `the policy: ${status}`)
  })
  await step('a script gets its next version', () => office.editScript(pages.manager, '养老年金', SENTENCE))
  await step('a list in GB18030 is previewed, mapped, proven and applied', async () => {
    facts.list = await office.importList(pages.manager, {
      file: LIST,
      proof: PROOF,
      report: join(FOLDER, 'report.xlsx'),
      columns: {},
    })
  })
  await step('a campaign is made over it and started', async () => {
    const made = { name: CAMPAIGN, team: TEAM, script: '养老年金', file: LIST.split('/').pop() }
    facts.campaign = await office.makeCampaign(pages.manager, made)
  })
  await step('the agent checks the headset, logs in and has a telephone', async () => {
    const campaign = await floor.sitDown(pages.agent, '1001', PASSWORD)
    must(campaign.name === CAMPAIGN, `the seat works on ${campaign.name}`)
  })
  await step('one key brings a customer, one ends it, one saves the result', async () => {
    const call = await floor.takeCall(pages.agent)
    facts.call = { id: call.id, customer: call.customer_name, number: call.number }
    await pages.agent.locator('.rt', { hasText: SENTENCE }).waitFor()
    await pages.agent.waitForTimeout(9_000)
    await pages.agent.screenshot({ path: join(FOLDER, 'desk.png') })
    await floor.finishCall(pages.agent, ['1', 'a', 'n'])
    await pages.agent
      .locator('.dy .day > *', { hasText: /意向\s*1\s*\// })
      .first()
      .waitFor()
  })
  await step('a wrong result is corrected at the desk', () =>
    floor.correct(pages.agent, { name: facts.call.customer, result: '待跟进', reason: '按错了键' }),
  )
  await step('a paused campaign calls nobody, started again it does', async () => {
    await office.turn(pages.manager, CAMPAIGN, '暂停', '已暂停')
    await pages.agent.keyboard.press('Enter')
    await deskUntil(pages.agent, 'ready', (d) => d.status === 'ready')
    await pages.agent.waitForTimeout(2_000)
    await deskUntil(pages.agent, 'nobody is called', (d) => d.state === 'idle' && d.status === 'ready', 1_000)
    await office.turn(pages.manager, CAMPAIGN, '开始', '拨打中')
    const desk = await deskUntil(pages.agent, 'a customer', (d) => d.state === 'talking' && d.call?.bridged_utc_ms)
    facts.second = { id: desk.call.id, customer: desk.call.customer_name }
  })
  await step('mute and hold work in the call', () => floor.muteAndHold(pages.agent))
  await step('a supervisor listens in and lets go', () => floor.listenIn(pages.supervisor, '林小满'))
  await step('the second call ends with another result', () => floor.finishCall(pages.agent, ['7']))
  await step('the call stands in the list and plays', async () => {
    facts.listed = await floor.playFromList(pages.manager, facts.call.customer)
    must(facts.listed.row.includes('待跟进'), `the row says: ${facts.listed.row}`)
  })
  await step('an inspector takes one and a half points by clicks: 不合格', async () => {
    facts.score = await floor.score(pages.inspector, facts.call.id, 'a2')
    must(/^8\.5/.test(facts.score.total), `the total: ${facts.score.total}`)
    must(facts.score.verdict.includes('不合格') && facts.score.verdict.includes('差 0.5'), facts.score.verdict)
  })
  await step('the list shows 8.5 不合格', async () => {
    await pages.manager.reload()
    await pages.manager.locator('tbody tr', { hasText: '8.5 不合格' }).waitFor()
  })
  await step('every figure of the day opens its calls, and the export is kept', async () => {
    facts.figures = await floor.figures(pages.manager, join(FOLDER, 'figures.xlsx'))
    for (const name of ['拨打', '接通', '有效', '意向']) {
      const { says, line } = facts.figures[name] ?? {}
      must(says && line.includes(`列表 ${says} = 表中 ${says}`), `${name}: ${says}, its list: ${line}`)
    }
  })
  await step('who asks not to be called is not, and the page says why', async () => {
    facts.refused = await floor.refuse(pages.manager, facts.second.customer)
    must(/勿扰|勿再拨|不再拨/.test(facts.refused.why), `why: ${JSON.stringify(facts.refused)}`)
  })
  await step('the campaign ends when its name is typed', () => office.end(pages.manager, CAMPAIGN))
  await step('the pages made no error', async () => must(!errors.length, errors.join(' | ').slice(0, 1500)))
  await step('no planted number was sent to any browser', async () => {
    must(tap.bytes() > 1_000_000, `only ${tap.bytes()} bytes were looked at`)
    must(!Object.keys(tap.found()).length, JSON.stringify(tap.found()))
  })
} finally {
  writeFileSync(join(FOLDER, 'facts.json'), JSON.stringify(facts, null, 1))
  await browser.close()
  tap.close()
}
process.exit(failed ? 1 : 0)
