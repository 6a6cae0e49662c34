export default {
  title: 'Agent desk',
  reason: { break: 'Break', meal: 'Meal', meeting: 'Meeting', training: 'Training' },
  pauseUsed: '{used} of {limit} today',
  pauseMinutes: '{n}m at most',
  statusAfterCall: 'Takes effect after the call and its wrap-up',
}
