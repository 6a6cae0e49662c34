/** "#1028:secret" as the demo prints it. What stands behind # stays in the browser: it is never sent in an address. */
export function readTicket(hash: string): { jobNo: string; password: string } | null {
  const m = /^#([^:]+):(.+)$/.exec(hash)
  const [, jobNo, password] = m ?? []
  return jobNo && password ? { jobNo: decodeURIComponent(jobNo), password: decodeURIComponent(password) } : null
}
