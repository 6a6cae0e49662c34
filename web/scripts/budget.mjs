// Fails the build when the script a first visit must load grows over its budget.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_BYTES = 350 * 1024
const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('manifest.json', dist), 'utf8'))
const entry = Object.values(manifest).find((chunk) => chunk.isEntry && chunk.src === 'index.html')
if (!entry) throw new Error('dist/manifest.json names no entry for index.html')

const files = new Set()
const collect = (chunk) => {
  if (files.has(chunk.file)) return
  files.add(chunk.file)
  for (const name of chunk.imports ?? []) collect(manifest[name])
}
collect(entry)

let bytes = 0
for (const file of files) bytes += gzipSync(readFileSync(new URL(file, dist))).length
console.log(`initial script: ${(bytes / 1024).toFixed(1)} kB gz of ${BUDGET_BYTES / 1024} kB, ${files.size} files`)
if (bytes > BUDGET_BYTES) process.exit(1)
