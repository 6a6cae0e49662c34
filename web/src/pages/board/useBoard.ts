/* The live board: a snapshot, then tiles and the strip as they change. */
import type { Board, Strip, StripEvent, Tile } from '@/api/types'
import type { Look } from '@/components/states'
import { stateLook } from '@/components/states'

/** A changed tile takes its place; a new one joins at its job number, so that nobody else moves. */
export function withTile(agents: Tile[], tile: Tile): Tile[] {
  // Who only looks on has a place on the board while he is there.
  if (tile.role && tile.role !== 'agent' && tile.status === 'offline' && tile.state === 'idle')
    return agents.filter((a) => a.person_id !== tile.person_id)
  const i = agents.findIndex((a) => a.person_id === tile.person_id)
  if (i >= 0) return agents.map((a, j) => (j === i ? tile : a))
  const at = agents.findIndex((a) => a.job_no > tile.job_no)
  return at < 0 ? [...agents, tile] : [...agents.slice(0, at), tile, ...agents.slice(at)]
}

/** By job number: everybody keeps his place from day to day. */
export function withSnapshot(board: Board | null, agents: Tile[]): Board | null {
  const sorted = [...agents].sort((a, b) => (a.job_no < b.job_no ? -1 : a.job_no > b.job_no ? 1 : 0))
  return board ? { ...board, agents: sorted } : null
}

/** Each unit's strip comes by itself; only the one on the board counts. */
export function withStrip(board: Board | null, ev: StripEvent): Board | null {
  if (!board?.unit || board.unit.id !== ev.unit_id) return board
  return { ...board, strip: ev.strip, lines: ev.lines, queue: ev.queue, lists: ev.lists }
}

/** On the wall a held call is still a call: orange would read as a break. */
export function tileLook(t: Tile): { look: Look; char: string; word: string } {
  const s = stateLook(t.status, t.state)
  return t.state === 'holding' ? { ...s, look: 'talk' } : s
}

export function countLooks(agents: Tile[]): Record<Look, number> {
  const n: Record<Look, number> = { idle: 0, talk: 0, wrap: 0, rest: 0, away: 0 }
  for (const a of agents) n[tileLook(a).look]++
  return n
}

/** Whether there is a customer on the line to listen to. */
export function canListen(t: Tile): boolean {
  return t.call !== null && (t.state === 'talking' || t.state === 'holding')
}
export function canEnd(t: Tile): boolean {
  return t.call !== null && t.state !== 'wrapup' && t.state !== 'idle'
}

/** Where an arrow key leads in a grid of `columns`; stays where there is nobody. */
export function moveIn(i: number, key: string, columns: number, n: number): number {
  if (n === 0) return -1
  if (i < 0) return 0
  const to =
    key === 'ArrowLeft'
      ? i - 1
      : key === 'ArrowRight'
        ? i + 1
        : key === 'ArrowUp'
          ? i - columns
          : key === 'ArrowDown'
            ? i + columns
            : i
  return to < 0 || to >= n ? i : to
}

export const SNOOZE_MS = 5 * 60_000

/** Alarms not put off, the oldest first. A new alarm of the same person counts anew. */
export function openAlarms(agents: Tile[], snoozed: ReadonlyMap<string, number>, nowMs: number): Tile[] {
  return agents
    .filter((a) => a.alarm && nowMs - (snoozed.get(alarmKey(a)) ?? -Infinity) >= SNOOZE_MS)
    .sort((a, b) => (a.alarm?.since_utc_ms ?? 0) - (b.alarm?.since_utc_ms ?? 0))
}
export function alarmKey(t: Tile): string {
  return `${t.person_id}/${t.alarm?.kind}/${t.alarm?.since_utc_ms}`
}

export type StripKey = 'dialed' | 'connected' | 'connect_rate_bp' | 'talk_ms' | 'interested' | 'deals'
export const STRIP_KEYS: StripKey[] = ['dialed', 'connected', 'connect_rate_bp', 'talk_ms', 'interested', 'deals']

export interface StripCell {
  key: StripKey
  value: number | null
  target: number | null
  /** 0..100 of the target, null without one */
  share: number | null
  /** where the bar should be now, 0..100 */
  pace: number | null
  /** how much is missing to the target (or to the pace where there is one); 0 or less: reached */
  short: number | null
}

export function stripCells(s: Strip): StripCell[] {
  return STRIP_KEYS.map((key) => {
    const value = key === 'connect_rate_bp' && s.dialed === 0 ? null : s[key]
    const target = s.targets?.[key] || null
    const isRate = key === 'connect_rate_bp'
    const pace = !isRate && target && typeof s.pace_bp === 'number' ? s.pace_bp / 100 : null
    if (value === null || !target) return { key, value, target, share: null, pace: null, short: null }
    const due = pace === null ? target : (target * pace) / 100
    return {
      key,
      value,
      target,
      share: Math.min(100, Math.round((value / target) * 100)),
      pace,
      short: Math.ceil(due - value),
    }
  })
}

/** The half hours of one figure; the rate's are made of the two it divides. */
export function sparkValues(s: Strip, key: StripKey): number[] | undefined {
  const own = s.sparks?.[key]
  const { dialed, connected } = s.sparks ?? {}
  if (own || key !== 'connect_rate_bp' || !dialed || !connected) return own
  return dialed.map((n, i) => (n ? Math.round(((connected[i] ?? 0) * 10_000) / n) : 0))
}

/** The half hours of today worth drawing: from the first with anything to the one running now. */
export function sparkOf(values: number[] | undefined, minutesOfDay: number): number[] {
  if (!values) return []
  const now = Math.min(values.length - 1, Math.floor(minutesOfDay / 30))
  const first = values.findIndex((v) => v > 0)
  return first < 0 || first >= now ? [] : values.slice(first, now + 1)
}

/** Line and area of a sparkline in a box of 100 × 40, and the height of its target. */
export function sparkPath(
  values: number[],
  target: number | null,
): { line: string; area: string; targetY: number | null } {
  const top = Math.max(...values, target ?? 0, 1)
  const x = (i: number) => (1 + (i * 96) / Math.max(1, values.length - 1)).toFixed(1)
  const y = (v: number) => Math.round((38 - (v / top) * 31) * 10) / 10
  const line = values.map((v, i) => `${i ? 'L' : 'M'}${x(i)} ${y(v)}`).join('')
  return { line, area: `${line}L${x(values.length - 1)} 40L1 40Z`, targetY: target === null ? null : y(target) }
}
