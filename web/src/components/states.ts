/* How an agent's status and state look on the floor: a colour and a character, always both. */
import type { AgentState, AgentStatus } from '@/api/types'

export type Look = 'idle' | 'talk' | 'wrap' | 'rest' | 'away'

export interface StateLook {
  look: Look
  /** key under common.stateChar */
  char: string
  /** locale key of the word */
  word: string
}

/** A call outranks the chosen status: who asked for a break while talking still talks. */
export function stateLook(status: AgentStatus, state: AgentState): StateLook {
  switch (state) {
    case 'reserved':
    case 'ringing':
    case 'talking':
      return { look: 'talk', char: state, word: `common.state.${state}` }
    case 'holding':
      // Not the colour of talk: who forgets a customer in the music must see it from the corner of his eye.
      return { look: 'rest', char: 'holding', word: 'common.state.holding' }
    case 'wrapup':
      return { look: 'wrap', char: 'wrapup', word: 'common.state.wrapup' }
    case 'idle':
      if (status === 'ready') return { look: 'idle', char: 'idle', word: 'common.state.idle' }
      if (status === 'paused') return { look: 'rest', char: 'rest', word: 'common.status.paused' }
      return { look: 'away', char: 'away', word: 'common.status.offline' }
  }
}
