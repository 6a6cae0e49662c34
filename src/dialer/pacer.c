#include "dialer/pacer.h"

#include <stddef.h>
#include <string.h>

static const char *const CODE[] = {
#define X(name, code, zh, en) [DIAL_##name] = code,
	DIAL_MODE_LIST(X)
#undef X
};

enum { WRITER_FULL_PCT = 80 };

static const struct {
	bool is_automatic;
	int tasks_per_agent; /* kept at hand; a refused task costs one, so more than one */
} MODE[] = {
	[DIAL_MANUAL] = { false, 0 },
	[DIAL_PREVIEW] = { false, 2 },
	[DIAL_PROGRESSIVE] = { true, 4 },
};

static int least(int a, int b)
{
	return a < b ? a : b;
}

const char *pace_stop(const struct pace_house *h)
{
	if (h->is_stopping)
		return "stopping";
	if (h->is_database_gone)
		return "database";
	if (h->is_lease_old)
		return "lease";
	if (h->is_disk_low)
		return "disk";
	if (h->writer_load_pct >= WRITER_FULL_PCT)
		return "writer";
	if (h->lines_free == 0)
		return "lines";
	return NULL;
}

int pace_calls(const struct pace_in *in)
{
	if (!MODE[in->mode].is_automatic || !in->is_running || pace_stop(&in->house))
		return 0;
	int n = least(in->ready, in->tasks);
	return in->house.lines_free < 0 ? n : least(n, in->house.lines_free);
}

int pace_fetch(enum dial_mode mode, int agents, int tasks)
{
	int want = MODE[mode].tasks_per_agent * agents;
	/* Refill in larger steps, not after every call. */
	return tasks * 2 > want ? 0 : want - tasks;
}

const char *dial_mode_code(enum dial_mode m)
{
	return CODE[m];
}

bool dial_mode_parse(const char *code, enum dial_mode *ret)
{
	for (int i = 0; i < DIAL_MODE_COUNT; i++) {
		if (strcmp(CODE[i], code) == 0) {
			*ret = (enum dial_mode)i;
			return true;
		}
	}
	return false;
}
