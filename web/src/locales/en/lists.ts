export default {
  of: ' of {n}',
  clear: 'Clear filters',
  keys: '↑↓ to move, Enter to open',
}
