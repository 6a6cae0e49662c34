/* base/alarm.h -- what is wrong with the house just now, for the live board.
 *
 * A standing condition has a key ("practice"), a sentence and a beginning; whoever notices it
 * raises it and clears it when it is over. Raising again with the same key replaces the sentence
 * and keeps the beginning. Few at a time: a table in memory. Thread: any; a short lock, no waiting.
 */
#ifndef BASE_ALARM_H
#define BASE_ALARM_H

#include "base/err.h"

enum { ALARMS_MAX = 16, ALARM_KEY_BYTES = 32 };

struct alarm_row {
	char key[ALARM_KEY_BYTES];
	struct why why;
	int64_t since_utc_ms;
};

/** Raises `key`. Beyond ALARMS_MAX keys the newest is only logged by its owner, not shown. */
void alarm_raise(const char *key, const struct why *why, int64_t now_utc_ms);

/** Clears `key`; one that is not raised is fine. */
void alarm_clear(const char *key);

/** Those standing, oldest first. @return how many */
int alarm_list(struct alarm_row ret[ALARMS_MAX]);

/** Changes whenever the list does. */
uint64_t alarm_version(void);

#endif
