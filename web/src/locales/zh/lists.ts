export default {
  of: '，共 {n}',
  clear: '清除筛选',
  keys: '↑↓ 选行，Enter 打开',
}
