#include "practice/farend.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/g711.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "practice/talk.h"
#include "voice/leg.h"
#include "voice/trunk.h"

enum { BANK_SIDES = 2 };
enum { TICK_MS = 50, NTH_SLOTS = 1 << 16, SERVER_TRUNK = 1 };

static const struct talk_manner AGENT_MANNER = {
	.first_ms = 300, .pause_ms = 650, .patience_ms = 4000, .bye_ms = 2500
};
enum { CUSTOMER_PATIENCE_MS = 7000, CUSTOMER_FIRST_MS = 400, CUSTOMER_BYE_MS = 3000 };

/* Somebody at one of our telephones. */
struct party {
	struct party *next;
	enum bank_side side;
	int64_t leg;
	char job_no[24]; /* agents */
	struct talk talk;
	bool is_talking;
	struct persona persona; /* customers */
	struct conversation *conv;
	int topic_script;              /* customers: index into cfg.topics, -1 none */
	int64_t said_line_ms, line_ms; /* start and length of the line under way */
	int line;
};

/* What is said in one call, on both sides. */
struct conversation {
	int64_t call_id;
	int dialogue; /* of the bank */
	int next_line;
	int voice[BANK_SIDES];
	struct bank_names names;
	int topic; /* index into cfg.topics, -1: unknown */
	char job_no[24];
	bool is_both; /* the agent is simulated too: lines keep their order */
	int64_t answered_ms;
	struct str lines; /* JSON objects, comma separated */
	struct conversation *next;
};

struct farend {
	struct farend_cfg cfg;
	struct voice *voice;
	struct party *parties;
	struct conversation *convs;
	uint8_t nth[NTH_SLOTS]; /* calls so far to numbers of that hash */
};

static void free_text(char **p)
{
	free(*p);
}
static void free_bytes(uint8_t **p)
{
	free(*p);
}
static void free_samples(int16_t **p)
{
	free(*p);
}

/* A verb on a leg that ended a moment ago changes nothing: its ENDED event is on its way. */
static void done_or_gone(enum err e)
{
	(void)e;
}

static struct party *party_of(struct farend *e, int64_t leg)
{
	for (struct party *p = e->parties; p; p = p->next)
		if (p->leg == leg)
			return p;
	return NULL;
}

static struct party *agent_of(struct farend *e, const char *job_no)
{
	for (struct party *p = e->parties; p; p = p->next)
		if (p->side == BANK_AGENT && strcmp(p->job_no, job_no) == 0)
			return p;
	return NULL;
}

static struct conversation *conv_of(struct farend *e, int64_t call_id)
{
	for (struct conversation *c = e->convs; c; c = c->next)
		if (c->call_id == call_id)
			return c;
	return NULL;
}

/* The n-th line of a side, -1 when it has fewer. */
static int line_of_side(const struct bank *b, int dialogue, enum bank_side side, int n)
{
	int lines = bank_dialogue(b, dialogue)->lines;
	for (int i = 0; i < lines; i++)
		if (bank_side(b, dialogue, i) == side && n-- == 0)
			return i;
	return -1;
}

static int lines_of_side(const struct bank *b, int dialogue, enum bank_side side)
{
	int n = 0;
	while (line_of_side(b, dialogue, side, n) >= 0)
		n++;
	return n;
}

static void note_line(const struct bank *b, struct conversation *c, const struct party *p,
                      int64_t to_ms)
{
	CLEANUP(free_text) char *text = NULL;
	if (bank_text(b, c->dialogue, p->line, &c->names, &text, NULL))
		return;
	struct jw w = { .out = &c->lines };
	if (c->lines.len)
		str_addc(&c->lines, ',');
	jw_obj(&w, NULL);
	jw_int(&w, "at_ms", p->said_line_ms - c->answered_ms);
	jw_int(&w, "end_ms", to_ms - c->answered_ms);
	jw_str(&w, "side", p->side == BANK_AGENT ? "agent" : "customer");
	/* A form of address that was left out leaves its comma. */
	size_t comma = strlen("，");
	jw_str(&w, "text", strncmp(text, "，", comma) == 0 ? text + comma : text);
	jw_end_obj(&w);
}

/* The line under way ends now, whole or cut off by the hang-up. */
static void end_line(struct farend *e, struct party *p, int64_t now_ms)
{
	if (!p->talk.is_speaking || !p->conv)
		return;
	int64_t whole_ms = p->said_line_ms + p->line_ms;
	note_line(e->cfg.bank, p->conv, p, whole_ms < now_ms ? whole_ms : now_ms);
}

static void say(struct farend *e, struct party *p, int nth, int64_t now_ms)
{
	struct conversation *c = p->conv;
	const struct bank *b = e->cfg.bank;
	int line = line_of_side(b, c->dialogue, p->side, nth);
	size_t n = bank_samples(b, c->dialogue, line, c->voice[p->side], &c->names);
	CLEANUP(free_bytes) uint8_t *alaw = malloc(n + 1);
	CLEANUP(free_samples) int16_t *pcm = calloc(n + 1, sizeof *pcm);
	if (!alaw || !pcm)
		return;
	bank_say(b, c->dialogue, line, c->voice[p->side], &c->names, alaw);
	for (size_t i = 0; i < n; i++)
		pcm[i] = alaw_decode(alaw[i]);

	struct why why;
	p->line = line;
	p->line_ms = (int64_t)n * 1000 / BANK_RATE_HZ;
	p->said_line_ms = now_ms;
	c->next_line = line + 1;
	if (leg_play_pcm(e->voice, p->leg, PLAY_PROMPT, pcm, n, false, NULL, &why)) {
		log_warn("practice", "cannot_speak", LOG_I("leg", p->leg), LOG_WHY(&why));
		p->is_talking = false;
	}
}

/* Between two simulated people the script's order holds; a living agent says what he likes. */
static bool is_his_turn(const struct farend *e, const struct party *p)
{
	const struct conversation *c = p->conv;
	if (!c->is_both || c->next_line >= bank_dialogue(e->cfg.bank, c->dialogue)->lines)
		return true;
	return bank_side(e->cfg.bank, c->dialogue, c->next_line) == p->side;
}

/* Two sentences of one person in a row are parted by a breath, not by patience. */
static void go_on_after(const struct farend *e, struct party *p)
{
	const struct conversation *c = p->conv;
	int next = p->line + 1;
	if (next < bank_dialogue(e->cfg.bank, c->dialogue)->lines &&
	    bank_side(e->cfg.bank, c->dialogue, next) == p->side)
		p->talk.has_other_spoken = true;
}

static void talk(struct farend *e, struct party *p, enum talk_event ev, int64_t now_ms)
{
	int32_t line;
	if (!p->is_talking || (ev == TALK_EV_TICK && !is_his_turn(e, p)))
		return;
	if (ev == TALK_EV_SAID)
		end_line(e, p, now_ms);
	enum talk_do what = talk_on(&p->talk, ev, now_ms, &line);
	if (ev == TALK_EV_SAID)
		go_on_after(e, p);
	switch (what) {
	case TALK_NOTHING:
		break;
	case TALK_SAY:
		say(e, p, line, now_ms);
		break;
	case TALK_HANG_UP:
		done_or_gone(leg_hangup(e->voice, p->leg, CAUSE_NORMAL, NULL));
		break;
	}
}

static void tick(struct voice *v, void *arg)
{
	struct farend *e = arg;
	int64_t now_ms = clock_mono_ms();
	for (struct party *p = e->parties; p; p = p->next)
		talk(e, p, TALK_EV_TICK, now_ms);
	(void)voice_timer(v, TICK_MS, tick, e);
}

static void begin_talk(struct farend *e, struct party *p, struct conversation *c,
                       const struct talk_manner *m, bool does_begin)
{
	p->conv = c;
	p->is_talking = true;
	talk_init(&p->talk, m, lines_of_side(e->cfg.bank, c->dialogue, p->side), does_begin,
	          clock_mono_ms());
	done_or_gone(leg_watch_voice(e->voice, p->leg, true, NULL));
}

/* ---- customers ---- */

static uint32_t next_nth(struct farend *e, const char *number)
{
	uint32_t h = 2166136261U; /* FNV-1a; a shared slot only makes two numbers take turns */
	for (; *number; number++)
		h = (h ^ (unsigned char)*number) * 16777619U;
	return e->nth[h % NTH_SLOTS]++;
}

static enum cause refusal(enum persona_act act)
{
	static const enum cause CAUSES[PERSONA_ACT_COUNT] = {
		[PERSONA_BUSY] = CAUSE_BUSY,         [PERSONA_REJECTED] = CAUSE_REJECTED,
		[PERSONA_OFF] = CAUSE_UNREACHABLE,   [PERSONA_SUSPENDED] = CAUSE_BLOCKED,
		[PERSONA_EMPTY] = CAUSE_UNALLOCATED,
	};
	return CAUSES[act];
}

/* Timers carry the leg, not the party: it may be gone by then. */
struct later {
	struct farend *e;
	int64_t leg;
};

static void decide(struct voice *v, void *arg)
{
	struct later l = *(struct later *)arg;
	free(arg);
	struct party *p = party_of(l.e, l.leg);
	if (!p)
		return;
	bool does_answer = p->persona.act == PERSONA_ANSWER || p->persona.act == PERSONA_MACHINE;
	struct why why;
	enum err err = does_answer ? leg_answer(v, l.leg, &why)
	                           : leg_reject(v, l.leg, refusal(p->persona.act), &why);
	if (err)
		log_warn("practice", "cannot_answer", LOG_I("leg", l.leg), LOG_WHY(&why));
}

static void customer_rings(struct farend *e, struct party *p, const char *number)
{
	p->persona = persona_of(&e->cfg.mix, number, next_nth(e, number));
	done_or_gone(leg_ring(e->voice, p->leg, NULL));
	if (p->persona.act == PERSONA_NO_ANSWER)
		return;
	struct later *l = malloc(sizeof *l);
	if (!l)
		return;
	*l = (struct later){ e, p->leg };
	if (!voice_timer(e->voice, p->persona.ring_ms, decide, l))
		free(l);
}

static bool fits(const struct farend *e, const struct party *p, int dialogue)
{
	const struct bank_dialogue *d = bank_dialogue(e->cfg.bank, dialogue);
	bool is_machine = strcmp(d->mood, "machine") == 0;
	if (is_machine != (p->persona.act == PERSONA_MACHINE))
		return false;
	if (is_machine || p->topic_script < 0 || strcmp(d->script, "any") == 0)
		return true;
	return strcmp(d->script, e->cfg.topics[p->topic_script].script) == 0;
}

/* One of the dialogues that fit; -1: none. */
static int choose_dialogue(const struct farend *e, const struct party *p)
{
	int n = bank_dialogues(e->cfg.bank), fitting = 0;
	for (int i = 0; i < n; i++)
		fitting += fits(e, p, i);
	int at = fitting ? (int)(p->persona.pick % (uint32_t)fitting) : 0;
	for (int i = 0; i < n; i++)
		if (fits(e, p, i) && at-- == 0)
			return i;
	return -1;
}

static void customer_answered(struct farend *e, struct party *p, int64_t call_id)
{
	int dialogue = choose_dialogue(e, p);
	struct conversation *c = dialogue >= 0 ? calloc(1, sizeof *c) : NULL;
	if (!c)
		return;
	c->call_id = call_id;
	c->dialogue = dialogue;
	c->topic = p->topic_script;
	c->voice[BANK_CUSTOMER] =
	    (int)((p->persona.pick >> 8) % (uint32_t)bank_voices(e->cfg.bank, BANK_CUSTOMER));
	c->answered_ms = clock_mono_ms();
	c->next = e->convs;
	e->convs = c;
	struct talk_manner m = { .first_ms = CUSTOMER_FIRST_MS,
		                 .pause_ms = p->persona.pause_ms,
		                 .patience_ms = CUSTOMER_PATIENCE_MS,
		                 .bye_ms = CUSTOMER_BYE_MS };
	begin_talk(e, p, c, &m, true);
}

static void hand_in(struct farend *e, struct conversation *c)
{
	struct str out = { 0 };
	struct jw w = { .out = &out };
	jw_obj(&w, NULL);
	jw_id(&w, "call_id", c->call_id);
	jw_str(&w, "dialogue", bank_dialogue(e->cfg.bank, c->dialogue)->key);
	str_add(&out, ",\"lines\":[");
	str_add(&out, str_text(&c->lines));
	str_addc(&out, ']');
	jw_end_obj(&w);
	if (str_ok(&out) && c->call_id)
		e->cfg.on_transcript(e->cfg.ctx, str_text(&out));
	str_free(&out);
}

static void end_conversation(struct farend *e, struct conversation *c)
{
	int64_t now_ms = clock_mono_ms();
	for (struct party *p = e->parties; p; p = p->next)
		if (p->conv == c) {
			end_line(e, p, now_ms);
			p->is_talking = false;
			p->conv = NULL;
		}
	hand_in(e, c);
	for (struct conversation **at = &e->convs; *at; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			break;
		}
	str_free(&c->lines);
	free(c);
}

/* ---- agents ---- */

static int seat_of(const struct farend *e, const char *job_no)
{
	for (size_t i = 0; i < e->cfg.n_seats; i++)
		if (strcmp(e->cfg.seats[i].job_no, job_no) == 0)
			return (int)i;
	return -1;
}

enum { DAY_MS = 24 * 3600 * 1000, YUAN = 100 };

/* What a sensible agent enters after each kind of talk. */
static const struct {
	const char *code, *grade;
	int32_t next_days; /* 0: no next contact */
} ENTRIES[] = {
	{ "interested", "A", 2 }, { "invite", "A", 3 },  { "wechat", "B", 5 },
	{ "deal", "A", 0 },       { "follow", "C", 14 }, { "callback", "B", 1 },
	{ "refused", "D", 0 },    { "invalid", "", 0 },
};

static void outcome_of(const struct farend *e, const struct conversation *c,
                       struct robot_result *ret)
{
	const struct bank_dialogue *d = bank_dialogue(e->cfg.bank, c->dialogue);
	*ret = (struct robot_result){ 0 };
	str_copy(ret->note, sizeof ret->note, d->zh);
	str_copy(ret->code, sizeof ret->code, "invalid"); /* a machine answered, or the like */
	for (size_t i = 0; i < sizeof ENTRIES / sizeof ENTRIES[0]; i++) {
		if (strcmp(ENTRIES[i].code, d->result) != 0)
			continue;
		str_copy(ret->code, sizeof ret->code, d->result);
		str_copy(ret->grade, sizeof ret->grade, ENTRIES[i].grade);
		ret->next_in_ms = (int64_t)ENTRIES[i].next_days * DAY_MS;
	}
	if (strcmp(d->result, "deal") == 0)
		ret->deal_fen = (3600 + c->call_id % 9 * 1200) * YUAN;
	if (strcmp(d->mood, "angry") == 0)
		ret->flags |= 1; /* do not call again */
	if (strcmp(d->mood, "wrong") == 0)
		ret->flags |= 2; /* not the person */
}

struct agent_order {
	struct farend *e;
	char job_no[24];
	int64_t call_id; /* 0: stop talking */
};

static void agent_ordered(struct voice *v, void *arg)
{
	struct agent_order o = *(struct agent_order *)arg;
	free(arg);
	struct party *p = agent_of(o.e, o.job_no);
	if (!p)
		return;
	if (!o.call_id) {
		p->is_talking = false;
		done_or_gone(leg_stop(v, p->leg, NULL));
		return;
	}
	struct conversation *c = conv_of(o.e, o.call_id);
	if (!c)
		return;
	struct robot_result res;
	outcome_of(o.e, c, &res);
	o.e->cfg.on_result(o.e->cfg.ctx, o.job_no, &res);
	str_copy(c->job_no, sizeof c->job_no, o.job_no);
	c->names.job_no = c->job_no;
	if (c->topic >= 0)
		c->names.company = o.e->cfg.topics[c->topic].company;
	c->voice[BANK_AGENT] = seat_of(o.e, o.job_no) % bank_voices(o.e->cfg.bank, BANK_AGENT);
	c->is_both = true;
	begin_talk(o.e, p, c, &AGENT_MANNER, false);
	p->talk.has_other_spoken = true; /* the customer's first 喂 came before we were connected */
}

static void order(struct farend *e, const char *job_no, int64_t call_id)
{
	struct agent_order *o = malloc(sizeof *o);
	if (!o)
		return;
	*o = (struct agent_order){ .e = e, .call_id = call_id };
	str_copy(o->job_no, sizeof o->job_no, job_no);
	if (voice_post(e->voice, agent_ordered, o, NULL))
		free(o);
}

void farend_talk(struct farend *e, const char *job_no, int64_t call_id)
{
	order(e, job_no, call_id);
}

void farend_stop_talk(struct farend *e, const char *job_no)
{
	order(e, job_no, 0);
}

/* ---- events of our telephones ---- */

static int topic_of(const struct farend *e, const char *caller)
{
	for (size_t i = 0; i < e->cfg.n_topics; i++)
		if (strcmp(e->cfg.topics[i].caller, caller) == 0)
			return (int)i;
	return -1;
}

static void on_incoming(struct farend *e, const struct leg_event *ev)
{
	struct party *p = calloc(1, sizeof *p);
	if (!p) {
		done_or_gone(leg_reject(e->voice, ev->leg, CAUSE_BUSY, NULL));
		return;
	}
	p->leg = ev->leg;
	p->side = seat_of(e, ev->to) >= 0 ? BANK_AGENT : BANK_CUSTOMER;
	p->topic_script = topic_of(e, ev->from);
	p->next = e->parties;
	e->parties = p;
	if (p->side == BANK_CUSTOMER) {
		customer_rings(e, p, ev->to);
		return;
	}
	str_copy(p->job_no, sizeof p->job_no, ev->to);
	done_or_gone(leg_answer(e->voice, ev->leg, NULL));
}

static void on_ended(struct farend *e, struct party *p)
{
	if (p->side == BANK_CUSTOMER && p->conv)
		end_conversation(e, p->conv);
	for (struct party **at = &e->parties; *at; at = &(*at)->next)
		if (*at == p) {
			*at = p->next;
			break;
		}
	free(p);
}

static void on_leg_event(void *ctx, const struct leg_event *ev)
{
	struct farend *e = ctx;
	if (ev->kind == LEG_EV_INCOMING) {
		on_incoming(e, ev);
		return;
	}
	struct party *p = party_of(e, ev->leg);
	if (!p)
		return;
	if (ev->kind == LEG_EV_ANSWERED && p->side == BANK_CUSTOMER)
		customer_answered(e, p, ev->peer_call_id);
	else if (ev->kind == LEG_EV_VOICE_ON)
		talk(e, p, TALK_EV_OTHER_SPEAKS, ev->at_ms);
	else if (ev->kind == LEG_EV_VOICE_OFF)
		talk(e, p, TALK_EV_OTHER_STOPS, ev->at_ms);
	else if (ev->kind == LEG_EV_PLAYED)
		talk(e, p, TALK_EV_SAID, ev->at_ms);
	else if (ev->kind == LEG_EV_ENDED)
		on_ended(e, p);
}

static void on_trunk_event(void *ctx, const struct trunk_event *ev)
{
	(void)ctx;
	log_debug("practice", "trunk", LOG_I("state", ev->status.state));
}

enum err farend_new(const struct farend_cfg *cfg, struct farend **ret, struct why *why)
{
	CLEANUP(farend_free) struct farend *e = calloc(1, sizeof *e);
	if (!e)
		return fail(why, E_NOMEM);
	e->cfg = *cfg;

	struct voice_cfg vc = { .sip_port = cfg->port,
		                .rtp_port_min = 40000,
		                .rtp_port_max = 59998 };
	str_copy(vc.sip_addr, sizeof vc.sip_addr, cfg->addr);
	str_copy(vc.user_agent, sizeof vc.user_agent, "hujiao practice");
	static const struct voice_handlers HANDLERS = { on_leg_event, on_trunk_event };
	enum err err = voice_new(&vc, &HANDLERS, e, &e->voice, why);
	if (err)
		return err;

	struct trunk_cfg tc = { .id = SERVER_TRUNK,
		                .options_s = -1,
		                .callee_fmt = NUMFMT_AS_GIVEN,
		                .caller_fmt = NUMFMT_AS_GIVEN };
	str_copy(tc.name, sizeof tc.name, "server");
	str_copy(tc.host, sizeof tc.host, cfg->server);
	str_copy(tc.sources[0], sizeof tc.sources[0], cfg->server);
	if ((err = trunk_set(e->voice, &tc, why)))
		return err;
	if (!voice_timer(e->voice, TICK_MS, tick, e))
		return fail(why, E_NOMEM);
	*ret = e;
	e = NULL;
	return ERR_OK;
}

void farend_run(struct farend *e)
{
	voice_run(e->voice);
}

void farend_stop(struct farend *e)
{
	voice_stop(e->voice);
}

void farend_free(struct farend **ep)
{
	struct farend *e = *ep;
	if (!e)
		return;
	voice_free(e->voice);
	while (e->convs) {
		struct conversation *c = e->convs;
		e->convs = c->next;
		str_free(&c->lines);
		free(c);
	}
	while (e->parties) {
		struct party *p = e->parties;
		e->parties = p->next;
		free(p);
	}
	free(e);
	*ep = NULL;
}
