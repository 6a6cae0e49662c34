import { describe, expect, it } from 'vitest'
import type { Strip, Tile } from '@/api/types'
import { NOW } from '../../../tests/fixtures/desk'
import {
  alarmKey,
  canListen,
  countLooks,
  moveIn,
  openAlarms,
  SNOOZE_MS,
  sparkOf,
  sparkPath,
  sparkValues,
  stripCells,
  tileLook,
  withStrip,
  withTile,
} from './useBoard'

const tile = (over: Partial<Tile> = {}): Tile => ({
  person_id: '7',
  job_no: '1007',
  name: '张伟',
  status: 'ready',
  reason: null,
  state: 'idle',
  since_utc_ms: NOW - 1000,
  call: null,
  alarm: null,
  today: { dialed: 0, connected: 0, interested: 0 },
  ...over,
})
const strip = (over: Partial<Strip> = {}): Strip => ({
  dialed: 90,
  connected: 30,
  connect_rate_bp: 3333,
  talk_ms: 0,
  interested: 1,
  deals: 0,
  deal_fen: 0,
  targets: { dialed: 100, connect_rate_bp: 3500 },
  sparks: {},
  ...over,
})

describe('board', () => {
  it('changes one tile and moves nobody else', () => {
    const agents = [tile({ person_id: '1', job_no: '1001' }), tile(), tile({ person_id: '9', job_no: '1009' })]
    const next = withTile(agents, tile({ state: 'talking' }))
    expect(next.map((a) => a.person_id)).toEqual(['1', '7', '9'])
    expect(next[1]?.state).toBe('talking')
    expect(next[0]).toBe(agents[0])
  })
  it('lets a newcomer in at his job number', () => {
    const agents = [tile({ person_id: '1', job_no: '1001' }), tile({ person_id: '9', job_no: '1009' })]
    expect(withTile(agents, tile()).map((a) => a.job_no)).toEqual(['1001', '1007', '1009'])
    expect(
      withTile(agents, tile({ person_id: '8', job_no: '1010' }))
        .map((a) => a.job_no)
        .at(-1),
    ).toBe('1010')
  })
  it('shows a supervisor only while he is there', () => {
    const boss = tile({ person_id: '1', job_no: '1000', role: 'supervisor', status: 'offline' })
    expect(withTile([tile()], boss)).toHaveLength(1)
    const there = withTile([tile()], { ...boss, status: 'ready' })
    expect(there).toHaveLength(2)
    expect(withTile(there, boss)).toHaveLength(1)
  })
  it('counts a held call as a call and a break as a break', () => {
    const agents = [tile({ state: 'holding' }), tile({ status: 'paused', reason: 'meal' }), tile({ status: 'offline' })]
    expect(countLooks(agents)).toEqual({ idle: 0, talk: 1, wrap: 0, rest: 1, away: 1 })
    expect(tileLook(agents[0] as Tile).char).toBe('holding')
  })
  it('offers listening only while there is somebody to hear', () => {
    const call = { id: '1', customer_name: '罗建华', place: '', why_zh: '', campaign_name: null, nth_contact: null }
    expect(canListen(tile({ state: 'talking', call }))).toBe(true)
    expect(canListen(tile({ state: 'wrapup', call }))).toBe(false)
    expect(canListen(tile({ state: 'talking' }))).toBe(false)
  })
  it('stays inside the grid', () => {
    expect(moveIn(-1, 'ArrowDown', 4, 12)).toBe(0)
    expect(moveIn(0, 'ArrowLeft', 4, 12)).toBe(0)
    expect(moveIn(5, 'ArrowDown', 4, 12)).toBe(9)
    expect(moveIn(9, 'ArrowDown', 4, 12)).toBe(9)
    expect(moveIn(0, 'ArrowRight', 4, 0)).toBe(-1)
  })
  it('puts an alarm off for five minutes, and shows the next one at once', () => {
    const alarm = { kind: 'wrapup_overdue' as const, since_utc_ms: NOW - 60_000, text_zh: '', text_en: '' }
    const a = tile({ alarm })
    const snoozed = new Map([[alarmKey(a), NOW]])
    expect(openAlarms([a], snoozed, NOW + 1000)).toEqual([])
    expect(openAlarms([a], snoozed, NOW + SNOOZE_MS)).toEqual([a])
    const again = tile({ alarm: { ...alarm, since_utc_ms: NOW + 500 } })
    expect(openAlarms([again], snoozed, NOW + 1000)).toEqual([again])
  })
})

describe('strip', () => {
  it('says how much is missing, and nothing where there is no target', () => {
    const cells = stripCells(strip())
    expect(cells[0]).toMatchObject({ share: 90, pace: null, short: 10 })
    expect(cells[1]).toMatchObject({ target: null, share: null, short: null })
    expect(cells[2]).toMatchObject({ short: 167 })
  })
  it('measures against the pace where the server knows one', () => {
    expect(stripCells(strip({ pace_bp: 6200 }))[0]).toMatchObject({ pace: 62, short: -28 })
  })
  it('shows no rate of nothing', () => {
    expect(stripCells(strip({ connect_rate_bp: null }))[2]).toMatchObject({ value: null, share: null })
  })
  it('makes the half hours of the rate from the two it divides', () => {
    const s = strip({ sparks: { dialed: [0, 10, 4], connected: [0, 4, 1] } })
    expect(sparkValues(s, 'connect_rate_bp')).toEqual([0, 4000, 2500])
    expect(sparkValues(s, 'deals')).toBe(undefined)
  })
  it('takes a target of nothing for no target, and no calls for no rate', () => {
    const cells = stripCells(strip({ dialed: 0, connect_rate_bp: 0, targets: { deals: 0, dialed: 5 } }))
    expect(cells[2]?.value).toBe(null)
    expect(cells[5]?.target).toBe(null)
  })
  it("leaves another unit's strip alone", () => {
    const board = {
      unit: { id: '1', name: '' },
      agents: [],
      strip: strip(),
      lines: { used: 0, limit: 0 },
      queue: {
        waiting: 0,
        longest_ms: 0,
        service_level_bp: 0,
        abandon_bp: 0,
        missed_open: 0,
        missed_late: 0,
        late_since_utc_ms: null,
      },
      lists: [],
    }
    const ev = { unit_id: '2', strip: strip({ dialed: 7 }), lines: board.lines, queue: board.queue, lists: [] }
    expect(withStrip(board, ev)).toBe(board)
    expect(withStrip(board, { ...ev, unit_id: '1' })?.strip.dialed).toBe(7)
  })
  it('draws from the first half hour with anything to now', () => {
    const v = Array.from({ length: 48 }, (_, i) => (i >= 18 && i < 29 ? i : 0))
    expect(sparkOf(v, 14 * 60 + 5)).toEqual([18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28])
    expect(sparkOf(new Array<number>(48).fill(0), 800)).toEqual([])
    expect(sparkPath([1, 2], null).line).toMatch(/^M1\.0 [\d.]+L97\.0 [\d.]+$/)
  })
})
