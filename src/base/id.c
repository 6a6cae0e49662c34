#include "base/id.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"

#define EPOCH_UTC_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

enum { NODE_BITS = 10, COUNTER_BITS = 12 };

/* The last id's ms and counter in one word: what a thread takes, no other can. */
static _Atomic int64_t last_tick;
static atomic_uint node_number;

void id_init(unsigned node)
{
	atomic_store(&node_number, node % ID_NODES);
}

static int64_t since_epoch(int64_t utc_ms)
{
	int64_t ms = utc_ms - EPOCH_UTC_MS;
	return ms < 0 ? 0 : ms;
}

int64_t id_new(void)
{
	/* A tick is ms << 12 | counter. More than 4096 ids in a ms run ahead of the clock, and a
	 * clock set back is waited for the same way: ids ascend in every case. */
	int64_t now = since_epoch(clock_utc_ms()) << COUNTER_BITS;
	int64_t old = atomic_load(&last_tick), tick;
	do {
		tick = now > old ? now : old + 1;
	} while (!atomic_compare_exchange_weak(&last_tick, &old, tick));
	int64_t ms = tick >> COUNTER_BITS, counter = tick & ((1 << COUNTER_BITS) - 1);
	return ms << (NODE_BITS + COUNTER_BITS) |
	       (int64_t)atomic_load(&node_number) << COUNTER_BITS | counter;
}

int64_t id_utc_ms(int64_t id)
{
	return (id >> (NODE_BITS + COUNTER_BITS)) + EPOCH_UTC_MS;
}

int64_t id_floor(int64_t utc_ms)
{
	return since_epoch(utc_ms) << (NODE_BITS + COUNTER_BITS);
}

char *id_text(int64_t id, char buf[ID_TEXT_BYTES])
{
	snprintf(buf, ID_TEXT_BYTES, "%" PRId64, id);
	return buf;
}

bool id_parse(const char *text, int64_t *ret)
{
	if (!text || *text < '1' || *text > '9')
		return false;
	int64_t id = 0;
	for (; *text; text++) {
		int digit = *text - '0';
		if (digit < 0 || digit > 9 || id > (INT64_MAX - digit) / 10)
			return false;
		id = id * 10 + digit;
	}
	*ret = id;
	return true;
}
