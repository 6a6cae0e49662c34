import { describe, expect, it } from 'vitest'
import { apart, fill, freshKey, marked, unknownPlaceholders } from './text'

describe('fill', () => {
  it('puts in what is known and leaves the rest to be seen', () => {
    const text = '{客户称呼}，我是{公司}的{工号}号，{姓名}'
    expect(fill(text, { 客户称呼: '王先生', 公司: '安和', 工号: '1023' })).toBe('王先生，我是安和的1023号，{姓名}')
    expect(unknownPlaceholders(text)).toEqual(['{姓名}'])
  })
})

describe('marked', () => {
  it('finds required sentences where they stand', () => {
    expect(marked('您好，本次通话会录音。方便吗？', ['方便吗', '本次通话会录音'])).toEqual([
      { text: '您好，', kind: 'plain' },
      { text: '本次通话会录音', kind: 'must' },
      { text: '。', kind: 'plain' },
      { text: '方便吗', kind: 'must' },
      { text: '？', kind: 'plain' },
    ])
  })
  it('leaves sentences that are not in the text to a list of their own', () => {
    expect(apart('您好', ['您好', '有犹豫期', ''])).toEqual(['有犹豫期'])
    expect(marked('您好', [''])).toEqual([{ text: '您好', kind: 'plain' }])
  })
})

describe('freshKey', () => {
  it('skips taken ones', () => {
    expect(freshKey('step', ['step1', 'step2', 'open'])).toBe('step3')
  })
})
