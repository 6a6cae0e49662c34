/* Keys of a player: Space, arrows 5 s, [ ] speed, S skip silence, J next hit. */
import type { KeyMap } from '@/components/keys'
import { nextHit, type Mark } from './marks'
import { toggleSkip, type Player } from './usePlayer'

export function playerKeys(player: Player, marks: () => Mark[]): NonNullable<KeyMap['single']> {
  return {
    ' ': () => player.toggle(),
    ArrowLeft: () => player.by(-5000),
    ArrowRight: () => player.by(5000),
    '[': () => player.faster(-1),
    ']': () => player.faster(1),
    s: () => toggleSkip(player),
    j: () => toNextHit(player, marks()),
  }
}

export function toNextHit(player: Player, marks: Mark[]): void {
  const hit = nextHit(marks, player.at_ms.value)
  if (hit) player.seek(hit.from_ms)
}
