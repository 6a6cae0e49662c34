// Writes src/api/schema.d.ts from the running server's OpenAPI document (HUJIAO_BACKEND, default port 8080).
import { writeFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'

const backend = process.env.HUJIAO_BACKEND ?? 'http://127.0.0.1:8080'
const answer = await fetch(new URL('/openapi.json', backend))
if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}`)
const ast = await openapiTS(await answer.text())
writeFileSync(new URL('../src/api/schema.d.ts', import.meta.url), astToString(ast))
