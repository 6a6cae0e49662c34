/* Calls a day as bars, connect rate as a line over them, the target as a dashed line. Pure. */
import type { Figures } from '@/api/types'
import { fmtInt, fmtPct } from '@/util/format'
import type { ChartOption } from './echarts'
import type { Palette } from './palette'

/** A round step that divides 0..top into about four parts. */
export function niceStep(top: number, parts = 4): number {
  const raw = Math.max(top, 1) / parts
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 2.5, 5, 10].find((s) => s * power >= raw) ?? 10
  return Math.max(1, step * power)
}

/** Bounds of the rate's axis in whole percents, `parts` equal parts, holding every rate and the target. */
export function rateBounds(rates_bp: number[], target_bp: number | null, parts: number): { min: number; max: number } {
  const all = target_bp === null ? rates_bp : [...rates_bp, target_bp]
  if (all.length === 0) return { min: 0, max: 25 * parts }
  const low = Math.max(0, Math.floor(Math.min(...all) / 100) - 1)
  const high = Math.ceil(Math.max(...all) / 100) + 1
  let step = Math.max(1, Math.ceil((high - low) / parts))
  while (Math.floor(low / step) * step + step * parts < high) step++
  const min = Math.floor(low / step) * step
  return { min, max: min + step * parts }
}

export interface DailyWords {
  dialed: string
  rate: string
}

export function dailyOption(
  daily: Figures['daily'],
  target_bp: number | null,
  words: DailyWords,
  p: Palette,
): ChartOption {
  const most = Math.max(0, ...daily.map((d) => d.dialed))
  const step = niceStep(most)
  const rates = daily.map((d) => d.connect_rate_bp).filter((r): r is number => r !== null)
  const top = Math.max(step * Math.ceil(most / step), step)
  const parts = Math.round(top / step)
  const bounds = rateBounds(rates, target_bp, parts)
  const text = { fontFamily: p.font, fontSize: p.size }
  return {
    animation: false,
    grid: { left: 8, right: 8, top: 14, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'axis',
      backgroundColor: p.surface,
      borderColor: p.line,
      textStyle: { ...text, color: p.ink },
      formatter: (points) => {
        const first = Array.isArray(points) ? points[0] : points
        const d = daily[first?.dataIndex ?? -1]
        if (!d) return ''
        const day = `${Math.floor(d.day / 100) % 100}-${String(d.day % 100).padStart(2, '0')}`
        return `${day}<br>${words.dialed} ${fmtInt(d.dialed)}<br>${words.rate} ${fmtPct(d.connect_rate_bp)}`
      },
    },
    xAxis: {
      type: 'category',
      data: daily.map((d) => String(d.day % 100)),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...text, color: p.ink3 },
    },
    yAxis: [
      {
        type: 'value',
        min: 0,
        max: top,
        interval: step,
        splitLine: { lineStyle: { color: p.grid } },
        axisLabel: { ...text, color: p.ink3, formatter: (v: number) => fmtInt(v) },
      },
      {
        type: 'value',
        min: bounds.min,
        max: bounds.max,
        interval: (bounds.max - bounds.min) / parts,
        splitLine: { show: false },
        axisLabel: { ...text, color: p.accentInk, formatter: (v: number) => `${v}%` },
      },
    ],
    series: [
      { type: 'bar', data: daily.map((d) => d.dialed), itemStyle: { color: p.bars }, barWidth: '56%', barMaxWidth: 28 },
      {
        type: 'line',
        yAxisIndex: 1,
        data: daily.map((d) => (d.connect_rate_bp === null ? null : d.connect_rate_bp / 100)),
        lineStyle: { color: p.subject, width: 2 },
        itemStyle: { color: p.surface, borderColor: p.subject, borderWidth: 1.5 },
        symbol: 'circle',
        symbolSize: 6,
        ...(target_bp === null
          ? {}
          : {
              markLine: {
                silent: true,
                symbol: 'none',
                label: { show: false },
                lineStyle: { color: p.target, type: [3, 3] as [number, number], width: 1 },
                data: [{ yAxis: target_bp / 100 }],
              },
            }),
      },
    ],
  }
}
