export default {
  title: '坐席台',
  reason: { break: '小休', meal: '用餐', meeting: '会议', training: '培训' },
  pauseUsed: '今日 {used} / {limit} 次',
  pauseMinutes: '限 {n}分',
  statusAfterCall: '通话和整理结束后生效',
}
