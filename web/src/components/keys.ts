/* Keys of a page. Function keys work everywhere; single keys only outside text fields. */
import { onBeforeUnmount, onMounted } from 'vue'

export type KeyAction = (ev: KeyboardEvent) => void | false

export interface KeyMap {
  /** also inside text fields: 'F2', 'PageDown', 'Escape', 'Ctrl+Enter' */
  always?: Record<string, KeyAction>
  /** outside text fields: '1', 'a', 'Enter', 'Shift+Enter', 'ArrowLeft' */
  single?: Record<string, KeyAction>
}

/** 'Shift+Enter', 'Ctrl+Enter', 'F2', 'a' (letters without case; Shift alone does not rename a letter). */
export function keyName(
  ev: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey' | 'code'>,
): string {
  let key = ev.key
  if (ev.shiftKey && /^Digit\d$/.test(ev.code)) key = ev.code.slice(5)
  if (key.length === 1) key = key.toLowerCase()
  const named = key.length > 1 || /^Digit\d$/.test(ev.code)
  return (
    (ev.ctrlKey ? 'Ctrl+' : '') +
    (ev.altKey ? 'Alt+' : '') +
    (ev.metaKey ? 'Meta+' : '') +
    (ev.shiftKey && named ? 'Shift+' : '') +
    key
  )
}

export function inTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable) return true
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  if (!(target instanceof HTMLInputElement)) return false
  return !['checkbox', 'radio', 'button', 'submit', 'range', 'file'].includes(target.type)
}

/** Runs what the map says for this event; an action answering false leaves the key to the browser. */
export function dispatchKey(map: KeyMap, ev: KeyboardEvent): boolean {
  // While a Chinese input method composes, Enter, digits and Esc belong to it.
  if (ev.isComposing || ev.key === 'Process' || ev.defaultPrevented) return false
  const name = keyName(ev)
  let action = map.always?.[name]
  if (!action && !inTextField(ev.target)) {
    // Enter and Space on a focused button press that button.
    const onButton = ev.target instanceof HTMLElement && ev.target.closest('button, a, [role="button"]') !== null
    if (!(onButton && (name === 'Enter' || name === ' '))) action = map.single?.[name]
  }
  if (!action || action(ev) === false) return false
  ev.preventDefault()
  return true
}

export function useKeys(map: KeyMap): void {
  const onKey = (ev: KeyboardEvent) => void dispatchKey(map, ev)
  onMounted(() => window.addEventListener('keydown', onKey))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey))
}
