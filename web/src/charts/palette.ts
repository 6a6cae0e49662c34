/* Colours of a chart, read from the tokens at the moment of drawing. */

export interface Palette {
  subject: string
  bars: string
  grid: string
  target: string
  ink: string
  ink3: string
  accentInk: string
  surface: string
  line: string
  font: string
  size: number
}

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const get = (name: string) => style.getPropertyValue(name).trim()
  return {
    subject: get('--ch-1'),
    bars: get('--ch-3'),
    grid: get('--ch-grid'),
    target: get('--ch-target'),
    ink: get('--ink'),
    ink3: get('--ink-3'),
    accentInk: get('--accent-ink'),
    surface: get('--surface'),
    line: get('--line-strong'),
    font: get('--font'),
    size: parseInt(get('--fs-12'), 10) - 1 || 11,
  }
}
