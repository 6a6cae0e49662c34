/* dialer/pacer.h -- how many calls may start now, and how many tasks to keep at hand.
 *
 * Pure. One way of dialing is one row of a table. Thread: signalling loop only. */
#ifndef DIALER_PACER_H
#define DIALER_PACER_H

#include <stdbool.h>
#include <stdint.h>

/* DIAL_MODE(name, code, Chinese, English) */
#define DIAL_MODE_LIST(X) \
	X(MANUAL, "manual", "手动", "Manual") \
	X(PREVIEW, "preview", "预览", "Preview") \
	X(PROGRESSIVE, "progressive", "渐进", "Progressive")

enum dial_mode {
#define X(name, code, zh, en) DIAL_##name,
	DIAL_MODE_LIST(X)
#undef X
	    DIAL_MODE_COUNT
};

/* Whether the machine may make calls at all; the first that is set names the reason. */
struct pace_house {
	bool is_stopping;      /* drain: calls end, none begin */
	bool is_database_gone; /* facts of calls in progress are kept in the spool */
	bool is_lease_old;     /* another process may run the cell by now */
	bool is_disk_low;
	int writer_load_pct; /* of the live lane; from 80 no new calls */
	int lines_free;      /* of the campaign's trunk; -1: no bound known */
};

struct pace_in {
	enum dial_mode mode;
	bool is_running;
	int ready; /* agents of this campaign who can take a call now */
	int tasks; /* tasks at hand */
	struct pace_house house;
};

/** NULL: calls may begin; else why not, a fixed word ("stopping", "database", "lease", "disk",
 * "writer", "lines"). */
const char *pace_stop(const struct pace_house *h);

/** Calls the dialer starts by itself now: 0 in manual and preview, one for one ready agent in
 * progressive. */
int pace_calls(const struct pace_in *in);

/** How many tasks to fetch so that `agents` never wait for the database; 0: enough at hand. */
int pace_fetch(enum dial_mode mode, int agents, int tasks);

const char *dial_mode_code(enum dial_mode m);
bool dial_mode_parse(const char *code, enum dial_mode *ret);

#endif
