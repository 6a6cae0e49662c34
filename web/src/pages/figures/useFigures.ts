/* The figures of the period in the address, and which of them is open. */
import { computed, shallowRef, watch, ref } from 'vue'
import { api, ApiError, withQuery } from '@/api/client'
import type { FigureRow, Figures } from '@/api/types'
import { useAddressFilters } from '@/composables/addressFilters'
import { useClock } from '@/stores/clock'
import { dayNumber } from '@/util/format'
import { METRICS, type MetricKey } from './metrics'
import { shift, type Period } from './period'

export const FIGURE_FILTERS = {
  period: 'month',
  date: '',
  by: 'agent',
  unit_id: '',
  campaign_id: '',
  sort: '-deals',
  /* the open figure: row key (total, or a day as d20261124) and figure */
  row: '',
  figure: '',
  page: '1',
}

export type By = 'agent' | 'team' | 'list'

/** A figure opened to its calls. */
export interface Opened {
  figure: string
  /** what the table says; null where the table shows a rate or a sum */
  count: number | null
  row: FigureRow | null
  day: number | null
}

const ROW_KEY: Record<By, string> = { agent: 'agent_id', team: 'unit_id', list: 'campaign_id' }

export function useFigures() {
  const clock = useClock()
  const { filters, set } = useAddressFilters(FIGURE_FILTERS)
  const figures = shallowRef<Figures | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const isLoading = ref(true)

  const today = computed(() => dayNumber(clock.nowMs))
  const period = computed<Period>(() =>
    filters.value.period === 'day' || filters.value.period === 'week' ? filters.value.period : 'month',
  )
  const by = computed<By>(() =>
    filters.value.by === 'team' || filters.value.by === 'list' ? filters.value.by : 'agent',
  )
  const date = computed(() => Number(filters.value.date) || today.value)

  const query = computed(() => ({
    period: period.value,
    date: date.value,
    by: by.value,
    unit_id: filters.value.unit_id,
    campaign_id: filters.value.campaign_id,
  }))

  async function load(): Promise<void> {
    const asked = JSON.stringify(query.value)
    isLoading.value = true
    try {
      const got = await api.get<Figures>('/api/v1/figures', query.value)
      if (asked !== JSON.stringify(query.value)) return
      figures.value = got
      error.value = null
    } catch (e) {
      if (!(e instanceof ApiError)) throw e
      error.value = e
    } finally {
      isLoading.value = false
    }
  }
  watch(
    () => JSON.stringify(query.value),
    () => void load(),
    { immediate: true },
  )

  const opened = computed<Opened | null>(() => {
    const { figure, row: key } = filters.value
    if (figure === '' || !figures.value) return null
    if (key.startsWith('d')) {
      const day = Number(key.slice(1))
      const d = figures.value.daily.find((x) => x.day === day)
      return { figure, count: figure === 'connected' ? (d?.connected ?? 0) : (d?.dialed ?? 0), row: null, day }
    }
    if (key === 'funnel') {
      const step = figures.value.funnel.find((f) => funnelFigure(f.code) === figure)
      return { figure, count: step?.count ?? null, row: figures.value.total, day: null }
    }
    const row = key === 'total' ? figures.value.total : figures.value.rows.find((r) => r.key === key)
    if (!row) return null
    const m = METRICS.find((x) => x.opens === figure && x.kind === 'count')
    return { figure, count: m ? row[m.key] : null, row, day: null }
  })

  /** Query of the calls behind the open figure, for the drawer and for the call list alike. */
  const callQuery = computed(() => {
    const o = opened.value
    if (!o) return null
    const q: Record<string, string> = {
      figure: o.figure,
      period: o.day === null ? period.value : 'day',
      date: String(o.day ?? date.value),
    }
    if (filters.value.unit_id) q['unit_id'] = filters.value.unit_id
    if (filters.value.campaign_id) q['campaign_id'] = filters.value.campaign_id
    if (o.row && o.row !== figures.value?.total) q[ROW_KEY[by.value]] = o.row.key
    return q
  })

  return {
    filters,
    set,
    figures,
    error,
    isLoading,
    today,
    period,
    by,
    date,
    opened,
    callQuery,
    load,
    xlsx: computed(() => withQuery('/api/v1/figures.xlsx', query.value)),
    turn: (step: -1 | 1) => set({ date: String(shift(period.value, date.value, step)), figure: '', row: '' }),
    open: (row: string, figure: string) => set({ row, figure, page: '1' }),
    close: () => set({ row: '', figure: '', page: '1' }),
  }
}

/** The figure that counts the numbers of a step of the funnel. */
export function funnelFigure(code: string): string {
  if (code.startsWith('numbers')) return code
  return code === 'list' || code === 'dialed' ? 'numbers' : `numbers_${code}`
}

export function metricOf(figure: string): MetricKey | null {
  return METRICS.find((m) => m.opens === figure)?.key ?? null
}
