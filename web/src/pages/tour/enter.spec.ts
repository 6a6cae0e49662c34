import { describe, expect, it } from 'vitest'
import { readTicket } from './enter'

describe('readTicket', () => {
  it('reads job number and password', () => {
    expect(readTicket('#1028:ab:c')).toEqual({ jobNo: '1028', password: 'ab:c' })
  })
  it('takes nothing for a ticket that is none', () => {
    expect(readTicket('')).toBeNull()
    expect(readTicket('#1028')).toBeNull()
  })
})
