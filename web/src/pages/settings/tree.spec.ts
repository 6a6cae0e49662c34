import { describe, expect, it } from 'vitest'
import { tree } from './tree'

const unit = (id: string, parent_id: string | null) => ({ id, parent_id })

describe('tree', () => {
  it('puts teams under their centre', () => {
    const rows = [unit('t2', 'c'), unit('c', 'co'), unit('co', null), unit('t1', 'c')]
    expect(tree(rows).map((n) => `${n.depth}${n.row.id}`)).toEqual(['0co', '1c', '2t2', '2t1'])
  })
  it('loses nobody whose parent is missing, and no circle', () => {
    expect(tree([unit('a', 'gone'), unit('x', 'y'), unit('y', 'x')]).map((n) => n.row.id)).toEqual(['a', 'x', 'y'])
  })
})
