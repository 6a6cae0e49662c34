import { afterEach, expect, it, vi } from 'vitest'
import { api, ApiError, onConfirm } from './client'

const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })
const confirm = { title: 'Not allowed', status: 403, code: 'confirm' }

afterEach(() => {
  vi.unstubAllGlobals()
  onConfirm(null)
})

it('an act that needs the password again goes on when it was said', async () => {
  const fetched = vi
    .fn()
    .mockResolvedValueOnce(answer(403, confirm))
    .mockResolvedValueOnce(answer(200, { done: true }))
  vi.stubGlobal('fetch', fetched)
  onConfirm(() => Promise.resolve(true))
  expect(await api.put('/api/v1/settings', { values: {} })).toEqual({ done: true })
  expect(fetched).toHaveBeenCalledTimes(2)
})

it('who does not say it gets the refusal, and nobody is asked twice', async () => {
  const fetched = vi.fn().mockImplementation(() => Promise.resolve(answer(403, confirm)))
  vi.stubGlobal('fetch', fetched)
  onConfirm(() => Promise.resolve(false))
  await expect(api.put('/api/v1/settings')).rejects.toThrow(ApiError)
  expect(fetched).toHaveBeenCalledTimes(1)
  const ask = vi.fn().mockResolvedValue(true)
  onConfirm(ask)
  await expect(api.put('/api/v1/settings')).rejects.toThrow(ApiError)
  expect(ask).toHaveBeenCalledTimes(1)
})
