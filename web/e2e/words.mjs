// English in a Chinese page: what may stand there on purpose, and whether anything else does.

// Keys, formats, names of things.
const LATIN =
  /\b(?:Enter|Shift|Ctrl|Esc|PgUp|PgDn|Tab|English|hujiao|From|P-Asserted-Identity|P-Preferred-Identity|certutil|addstore|Root|xlsx|csv|SIP|PCMA|PCMU|WebRTC|QR|kbd|wav|ID)\b/g

export async function assertChinese(page, where) {
  const words = await page.evaluate(() => {
    // Pinyin initials beside objections, protocol lines of a test call and commands are latin by nature.
    const latin = [...document.querySelectorAll('.py, .ladder li, pre, code, .addr')]
    return latin.reduce((text, e) => text.replaceAll(e.innerText, ''), document.body.innerText)
  })
  const english = words.replace(LATIN, '').match(/[A-Za-z]{4,}/g)
  if (english) throw new Error(`${where}: English in a Chinese page: ${[...new Set(english)].slice(0, 8).join(', ')}`)
}
