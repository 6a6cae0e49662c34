/* voice/digits.h -- key presses in RTP (RFC 4733), both ways. Pure. */
#ifndef VOICE_DIGITS_H
#define VOICE_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGITS_MAX = 32, DIGIT_EVENT_BYTES = 4 };

/* Receives: a press is reported once, at its first packet, however often it is repeated (also when
 * every end packet is lost). */
struct digits_rx {
	bool is_started;
	uint32_t ts, ssrc;
};

/** @return the digit of a new press, 0 = none (a repetition, or no digit) */
char digits_rx_take(struct digits_rx *d, uint32_t ssrc, uint32_t ts, const uint8_t *payload,
                    size_t len);

/* Sends: 100 ms a digit, an update each 20 ms, the end three times, 60 ms between digits. */
struct digits_tx {
	char todo[DIGITS_MAX + 1];
	int step;    /* 20 ms steps into the current digit and the pause behind it */
	uint32_t ts; /* of the current press */
};

/** Appends. @return false: a character is no digit, or there are too many */
bool digits_tx_add(struct digits_tx *d, const char *digits);

struct digit_packet {
	bool is_first, is_sent; /* is_sent false: a pause, send nothing */
	int copies;
	uint8_t payload[DIGIT_EVENT_BYTES];
};

/** The next 20 ms. @return false: nothing to do any more */
bool digits_tx_step(struct digits_tx *d, struct digit_packet *ret);

#endif
