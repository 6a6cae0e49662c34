/* `hujiao pace --stdio`: the pacing of predictive campaigns, driven over lines of text, so that a
 * simulator can judge the very code that dials.
 *
 *     H 1 KEY=VALUE...        first line: tick_ms trunks cps deadline_ms min_ring_ms max_agents
 * max_abandon A <t> <agent> <state>   OFF IDLE TALK WRAP AWAY C <t> <call> <event>    DIAL RING
 * ANSWER LIVE MACHINE NOANSWER BUSY INVALID CANCELLED ABANDON CONNECT T <t> answered at once:
 * "<calls to start> [<call to take back>]..." Q                       the end
 *
 * Times are ms. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "dialer/pace.h"

enum { LINE_BYTES = 4096, WORD_BYTES = 16 };

static const struct {
	const char *word;
	enum pace_agent_state state;
} STATES[] = {
	{ "OFF", PACE_OFF },   { "IDLE", PACE_IDLE }, { "TALK", PACE_TALK },
	{ "WRAP", PACE_WRAP }, { "AWAY", PACE_AWAY },
};

static const struct {
	const char *word;
	enum pace_call_event event;
} EVENTS[] = {
	{ "DIAL", PACE_DIAL },       { "RING", PACE_RING },         { "ANSWER", PACE_ANSWER },
	{ "LIVE", PACE_LIVE },       { "MACHINE", PACE_MACHINE },   { "NOANSWER", PACE_NO_ANSWER },
	{ "BUSY", PACE_NO_ANSWER },  { "INVALID", PACE_NO_ANSWER }, { "CANCELLED", PACE_CANCELLED },
	{ "CONNECT", PACE_CONNECT }, { "ABANDON", PACE_ABANDON },
};

/* One "KEY=VALUE" of the first line; unknown keys are for others. */
static void read_setting(const char *word, struct pace_cfg *c)
{
	static const struct {
		const char *key;
		size_t at;
	} WHOLE[] = {
		{ "tick_ms=", offsetof(struct pace_cfg, tick_ms) },
		{ "trunks=", offsetof(struct pace_cfg, lines) },
		{ "deadline_ms=", offsetof(struct pace_cfg, hold_ms) },
		{ "min_ring_ms=", offsetof(struct pace_cfg, min_ring_ms) },
		{ "max_agents=", offsetof(struct pace_cfg, agents_max) },
		{ "small_team=", offsetof(struct pace_cfg, small_team) },
	};
	for (size_t i = 0; i < sizeof WHOLE / sizeof *WHOLE; i++) {
		size_t n = strlen(WHOLE[i].key);
		if (strncmp(word, WHOLE[i].key, n) == 0)
			*(int *)((char *)c + WHOLE[i].at) = atoi(word + n);
	}
	if (strncmp(word, "cps=", 4) == 0)
		c->calls_per_s = atof(word + 4);
	if (strncmp(word, "max_abandon=", 12) == 0)
		c->abandon_limit = atof(word + 12);
}

static enum err start(char *line, struct pace **ret, struct why *why)
{
	struct pace_cfg c = { 0 };
	char *save = NULL;
	for (char *w = strtok_r(line, " \n", &save); w; w = strtok_r(NULL, " \n", &save))
		read_setting(w, &c);
	return pace_new(&c, ret, why);
}

static enum err on_agent(struct pace *p, const char *line, int agents, struct why *why)
{
	int64_t t;
	int agent;
	char word[WORD_BYTES];
	if (sscanf(line, "A %" SCNd64 " %d %15s", &t, &agent, word) == 3 && agent >= 0 &&
	    agent < agents)
		for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++)
			if (strcmp(word, STATES[i].word) == 0) {
				pace_agent(p, t, agent, STATES[i].state);
				return ERR_OK;
			}
	return fail(why, E_PACE_LINE, line);
}

static enum err on_call(struct pace *p, const char *line, struct why *why)
{
	int64_t t, call;
	char word[WORD_BYTES];
	if (sscanf(line, "C %" SCNd64 " %" SCNd64 " %15s", &t, &call, word) == 3)
		for (size_t i = 0; i < sizeof EVENTS / sizeof *EVENTS; i++)
			if (strcmp(word, EVENTS[i].word) == 0)
				return pace_call(p, t, call, EVENTS[i].event, why);
	return fail(why, E_PACE_LINE, line);
}

static enum err on_tick(struct pace *p, const char *line, struct why *why)
{
	int64_t t;
	struct pace_order o;
	if (sscanf(line, "T %" SCNd64, &t) != 1)
		return fail(why, E_PACE_LINE, line);
	pace_ask(p, t, &o);
	printf("%d", o.launch);
	for (int i = 0; i < o.n_back; i++)
		printf(" %" PRId64, o.back[i]);
	putchar('\n');
	fflush(stdout);
	return ERR_OK;
}

static enum err on_line(struct pace **p, char *line, struct why *why)
{
	line[strcspn(line, "\r\n")] = '\0';
	if (line[0] == 'H' && !*p)
		return start(line, p, why);
	struct pace_view v = { 0 };
	if (*p)
		pace_look(*p, &v);
	switch (*p ? line[0] : '\0') {
	case 'A':
		return on_agent(*p, line, v.agents_max, why);
	case 'C':
		return on_call(*p, line, why);
	case 'T':
		return on_tick(*p, line, why);
	default:
		return fail(why, E_PACE_LINE, line);
	}
}

int cmd_pace(int argc, char **argv)
{
	if (argc != 2 || strcmp(argv[1], "--stdio") != 0) {
		fprintf(stderr, "hujiao: 用法 / usage: hujiao pace --stdio\n");
		return 2;
	}
	char line[LINE_BYTES];
	struct pace *p = NULL;
	struct why why = { 0 };
	enum err e = ERR_OK;
	while (!e && fgets(line, sizeof line, stdin) && line[0] != 'Q')
		e = on_line(&p, line, &why);
	p = pace_free(p);
	if (e)
		fprintf(stderr, "hujiao: %s\n", why_en(&why));
	return e ? 1 : 0;
}
