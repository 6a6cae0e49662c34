import { describe, expect, it } from 'vitest'
import { dispatchKey, keyName } from './keys'
import type { KeyMap } from './keys'

function press(map: KeyMap, init: KeyboardEventInit, on: HTMLElement = document.createElement('div')): KeyboardEvent {
  const ev = new KeyboardEvent('keydown', { ...init, cancelable: true, bubbles: true })
  document.body.append(on)
  on.addEventListener('keydown', (e) => void dispatchKey(map, e), { once: true })
  on.dispatchEvent(ev)
  return ev
}

describe('keys', () => {
  it('keeps single keys out of text fields but lets function keys through', () => {
    const hits: string[] = []
    const map: KeyMap = { always: { F2: () => void hits.push('F2') }, single: { a: () => void hits.push('a') } }
    const input = document.createElement('input')
    expect(press(map, { key: 'a' }, input).defaultPrevented).toBe(false)
    expect(press(map, { key: 'F2' }, input).defaultPrevented).toBe(true)
    press(map, { key: 'A', shiftKey: true })
    expect(hits).toEqual(['F2', 'a'])
  })
  it('leaves keys alone while a Chinese input method composes', () => {
    let hit = false
    const map: KeyMap = { always: { Enter: () => void (hit = true) } }
    press(map, { key: 'Enter', isComposing: true }, document.createElement('textarea'))
    press(map, { key: 'Process' })
    expect(hit).toBe(false)
  })
  it('lets a focused button have its own Enter', () => {
    let hit = false
    press({ single: { Enter: () => void (hit = true) } }, { key: 'Enter' }, document.createElement('button'))
    expect(hit).toBe(false)
  })
  it('gives a key back to the browser when the action declines', () => {
    expect(press({ single: { n: () => false } }, { key: 'n' }).defaultPrevented).toBe(false)
  })
  it('names shifted digits by the digit on every keyboard layout', () => {
    const base = { ctrlKey: false, altKey: false, metaKey: false, shiftKey: true }
    expect(keyName({ ...base, key: '!', code: 'Digit1' })).toBe('Shift+1')
    expect(keyName({ ...base, key: 'Enter', code: 'Enter' })).toBe('Shift+Enter')
  })
})
