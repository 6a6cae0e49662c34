/* One thin client: JSON in and out, problem documents become ApiError, a lost session is told once to whoever listens. */
import type { Problem } from './types'

export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail || problem.title)
    this.name = 'ApiError'
    this.status = problem.status
    this.code = problem.code ?? ''
    this.problem = problem
  }

  /** The sentence for one field of a form, '' when the server said nothing about it. */
  field(name: string): string {
    return this.problem.fields?.find((f) => f.field === name)?.detail ?? ''
  }
}

type Query = Record<string, string | number | boolean | null | undefined>
type SessionLost = (problem: Problem) => void

let onSessionLost: SessionLost = () => {}
let askPassword: (() => Promise<boolean>) | null = null
let unreachable = 'The server cannot be reached.'

/** `lost` runs on every 401 outside the log-in itself; `sentence` is shown when there is no answer at all. */
export function configureApi(lost: SessionLost): void {
  onSessionLost = lost
}
/** Asked when an act needs the password again; true: it was said, the act is tried once more. */
export function onConfirm(ask: (() => Promise<boolean>) | null): void {
  askPassword = ask
}
export function setUnreachableText(sentence: string): void {
  unreachable = sentence
}

export function withQuery(path: string, query?: Query): string {
  if (!query) return path
  const q = new URLSearchParams()
  for (const [k, v] of Object.entries(query)) if (v !== null && v !== undefined && v !== '') q.set(k, String(v))
  const text = q.toString()
  return text ? `${path}${path.includes('?') ? '&' : '?'}${text}` : path
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'title' in body
}

async function readProblem(answer: Response): Promise<Problem> {
  try {
    const body: unknown = await answer.json()
    if (isProblem(body)) return { ...body, status: body.status ?? answer.status }
  } catch {
    // not JSON: a proxy's page, or nothing
  }
  return { title: answer.statusText || `HTTP ${answer.status}`, status: answer.status }
}

export interface RequestOptions {
  query?: Query
  signal?: AbortSignal
  /** the body as it is (a file); otherwise `json` is sent */
  raw?: Blob | ArrayBuffer
  /** the request may outlive the page */
  keepalive?: boolean
  /** the password was said for it: it is not asked for twice */
  isConfirmed?: boolean
}

async function request<T>(method: string, path: string, json: unknown, o: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  let body: BodyInit | undefined
  if (o.raw !== undefined) {
    headers['Content-Type'] = 'application/octet-stream'
    body = o.raw
  } else if (json !== undefined) {
    headers['Content-Type'] = 'application/json'
    body = JSON.stringify(json)
  }
  let answer: Response
  try {
    answer = await fetch(withQuery(path, o.query), {
      method,
      headers,
      body,
      credentials: 'same-origin',
      signal: o.signal,
      keepalive: o.keepalive,
    })
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e
    throw new ApiError({ title: unreachable, status: 0, code: 'unreachable' })
  }
  if (!answer.ok) {
    const problem = await readProblem(answer)
    if (answer.status === 401 && path !== '/api/v1/login') onSessionLost(problem)
    if (problem.code === 'confirm' && askPassword && !o.isConfirmed && (await askPassword()))
      return request<T>(method, path, json, { ...o, isConfirmed: true })
    throw new ApiError(problem)
  }
  if (answer.status === 204) return undefined as T
  const text = await answer.text()
  return (text ? JSON.parse(text) : undefined) as T
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) => request<T>('GET', path, undefined, { query, signal }),
  post: <T = void>(path: string, json: unknown = {}, o?: RequestOptions) => request<T>('POST', path, json, o),
  put: <T = void>(path: string, json: unknown = {}, o?: RequestOptions) => request<T>('PUT', path, json, o),
  patch: <T = void>(path: string, json: unknown = {}, o?: RequestOptions) => request<T>('PATCH', path, json, o),
  delete: <T = void>(path: string, o?: RequestOptions) => request<T>('DELETE', path, undefined, o),
  upload: <T>(path: string, file: Blob, query?: Query, signal?: AbortSignal) =>
    request<T>('POST', path, undefined, { raw: file, query, signal }),
}
