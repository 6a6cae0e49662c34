/* practice/talk.h -- when one side of a practised conversation speaks.
 *
 * A person waits until the other has finished, answers after a short pause, says "hello?" into a
 * silence and hangs up when there is nothing left to say. Pure: time comes in as an argument.
 * Both sides of a call run one each, so a simulated customer talks with a simulated or a living
 * agent by the same rules, by ear alone. */
#ifndef PRACTICE_TALK_H
#define PRACTICE_TALK_H

#include <stdbool.h>
#include <stdint.h>

/* How a person takes turns; all in ms. */
struct talk_manner {
	int32_t first_ms;    /* from the connection to the own first word, when he speaks first */
	int32_t pause_ms;    /* silence of the other that means "your turn" */
	int32_t patience_ms; /* silence after which he goes on by himself */
	int32_t bye_ms; /* from the end of the own last line to hanging up; -1: leaves it to the
	                   other */
};

enum talk_event {
	TALK_EV_TICK,         /* time passed; at least every 100 ms */
	TALK_EV_OTHER_SPEAKS, /* the other's voice began */
	TALK_EV_OTHER_STOPS,  /* and ended */
	TALK_EV_SAID,         /* the own line was played to its end */
};

enum talk_do { TALK_NOTHING, TALK_SAY, TALK_HANG_UP };

struct talk {
	struct talk_manner manner;
	int32_t lines, next; /* own lines in all, and the next one */
	bool is_speaking;    /* own line under way */
	bool is_other_speaking;
	bool has_other_spoken;  /* since the own last line */
	bool does_begin;        /* speaks first */
	bool is_over;           /* hung up: says nothing more */
	int64_t quiet_since_ms; /* when the last voice on either side ended */
};

/** @param lines  own lines; 0 listens, then hangs up as `bye_ms` says
 *  @param now_ms monotonic; the moment the conversation began */
void talk_init(struct talk *t, const struct talk_manner *m, int32_t lines, bool does_begin,
               int64_t now_ms);

/** @return TALK_SAY: play own line `*ret_line` (0..lines-1) now */
enum talk_do talk_on(struct talk *t, enum talk_event ev, int64_t now_ms, int32_t *ret_line);

#endif
