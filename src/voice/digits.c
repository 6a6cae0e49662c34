#include "voice/digits.h"

#include <string.h>

static const char EVENTS[] = "0123456789*#ABCD"; /* RFC 4733 table 3: the index is the event code */

enum { STEPS_ON = 5, STEPS_PAUSE = 3, STEP_SAMPLES = 160, VOLUME = 10, END_COPIES = 3 };

char digits_rx_take(struct digits_rx *d, uint32_t ssrc, uint32_t ts, const uint8_t *payload,
                    size_t len)
{
	if (len < DIGIT_EVENT_BYTES || payload[0] >= sizeof EVENTS - 1)
		return 0;
	bool is_known = d->is_started && d->ssrc == ssrc;
	if (is_known && (int32_t)(ts - d->ts) <= 0 && (int32_t)(ts - d->ts) > -80000)
		return 0;
	*d = (struct digits_rx){ true, ts, ssrc };
	return EVENTS[payload[0]];
}

bool digits_tx_add(struct digits_tx *d, const char *digits)
{
	size_t have = strlen(d->todo), n = strlen(digits);
	if (n == 0 || have + n > DIGITS_MAX || strspn(digits, EVENTS) != n)
		return false;
	memcpy(d->todo + have, digits, n + 1);
	return true;
}

bool digits_tx_step(struct digits_tx *d, struct digit_packet *ret)
{
	if (!d->todo[0])
		return false;
	int step = d->step++;
	*ret = (struct digit_packet){ .is_first = step == 0, .is_sent = step < STEPS_ON };
	if (step < STEPS_ON) {
		bool is_end = step == STEPS_ON - 1;
		unsigned duration = (unsigned)(step + 1) * STEP_SAMPLES;
		ret->payload[0] = (uint8_t)(strchr(EVENTS, d->todo[0]) - EVENTS);
		ret->payload[1] = VOLUME | (is_end ? 0x80 : 0);
		ret->payload[2] = (uint8_t)(duration >> 8);
		ret->payload[3] = (uint8_t)duration;
		ret->copies = is_end ? END_COPIES : 1;
	} else if (step == STEPS_ON + STEPS_PAUSE - 1) {
		memmove(d->todo, d->todo + 1, strlen(d->todo));
		d->step = 0;
	}
	return true;
}
