/* What the call list can be asked, as it stands in the address, and as the server takes it. */
import { atClock } from '@/util/format'

export const CALL_FILTERS = {
  q: '',
  days: '7',
  agent_id: '',
  unit_id: '',
  campaign_id: '',
  outcome: '',
  result: '',
  min_talk_s: '',
  scored: '',
  recorded: '',
  /* a figure whose calls are shown; period, date and by narrow it exactly as the figures page does */
  figure: '',
  figure_name: '',
  period: '',
  date: '',
  by: '',
  sort: '',
  page: '1',
  open: '',
}
export type CallFilters = typeof CALL_FILTERS

export const DAYS = ['1', '7', '30', 'all'] as const
export const PAGE_SIZE = 50

/** Query of GET /api/v1/calls. A figure brings its own days; a page opened on one call looks at all days. */
export function callQuery(f: CallFilters, nowUtcMs: number): Record<string, string | number> {
  const query: Record<string, string | number> = { page: f.page, size: PAGE_SIZE }
  for (const key of [
    'q',
    'agent_id',
    'unit_id',
    'campaign_id',
    'outcome',
    'result',
    'scored',
    'recorded',
    'sort',
  ] as const)
    if (f[key] !== '') query[key] = f[key]
  if (f.min_talk_s !== '') query['min_talk_ms'] = Number(f.min_talk_s) * 1000
  if (f.figure !== '') {
    query['figure'] = f.figure
    for (const key of ['period', 'date', 'by'] as const) if (f[key] !== '') query[key] = f[key]
  } else if (f.days !== 'all') {
    query['from'] = atClock(nowUtcMs, 1 - Number(f.days), 0)
  }
  return query
}
