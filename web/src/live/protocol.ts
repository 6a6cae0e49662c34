/* What pages and the shared worker say to each other. */
import type { LiveEvents } from '@/api/types'

export type LiveName = keyof LiveEvents
/** the server says something at least this often, if only that it is there */
export const QUIET_MS = 40_000

export const LIVE_NAMES: readonly LiveName[] = ['desk', 'board', 'tile', 'strip', 'notice', 'job', 'kicked', 'reset']

export type LinkState = 'connecting' | 'open' | 'lost' | 'closed'

export type ToPage = { type: 'event'; name: LiveName; data: unknown } | { type: 'link'; state: LinkState }
/** `here` is repeated so that the worker can forget pages that vanished without saying goodbye */
export type ToWorker = { type: 'start' } | { type: 'restart' } | { type: 'stop' } | { type: 'here' } | { type: 'bye' }

export const HERE_EVERY_MS = 20_000
export const GONE_AFTER_MS = 90_000
