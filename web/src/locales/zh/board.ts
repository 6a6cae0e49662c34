export default {
  title: '实时监控',
}
