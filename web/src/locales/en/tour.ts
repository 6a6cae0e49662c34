export default {
  title: 'Tour',
  login: 'Log in',
  next: 'Next',
  back: 'Back',
  here: 'Back to this step',
  own: 'Try it with my own list',
  name: {
    board: 'Board',
    desk: 'Seat',
    call: 'The call',
    why: 'Why not',
    figures: 'Figures',
  },
  text: {
    board:
      'What everybody does. Red wants somebody now: overdue wrap-up (R reminds, F finishes for him), callers nobody called back.',
    desk: 'Take the seat: go ready and a customer is put through, heard without a microphone too; a digit picks the result, Enter saves.',
    call: 'That call: two channels and transcript; Score opens the bench.',
    why: 'Why is he not dialed? Every check says whether it passed.',
    figures: 'Funnel and figures: each number opens its calls and recordings.',
  },
}
