#include "practice/endpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "voice/leg.h"
#include "voice/trunk.h"

enum { TICK_MS = 50, NTH_SLOTS = 1 << 16, SERVER_TRUNK = 1 };

static const struct talk_manner AGENT_MANNER = {
	.first_ms = 300, .pause_ms = 650, .patience_ms = 4000, .bye_ms = 2500
};
enum { CUSTOMER_PATIENCE_MS = 7000, CUSTOMER_FIRST_MS = 400, CUSTOMER_BYE_MS = 3000 };

/* Somebody at one of our telephones. */
struct party {
	struct party *next;
	enum side side;
	int64_t leg;
	char job_no[24]; /* agents */
	struct talk talk;
	bool is_talking;
	struct persona persona; /* customers */
	struct conversation *conv;
	int64_t said_line_ms; /* start of the line under way */
	int32_t line;
};

/* What is said in one call, on both sides. */
struct conversation {
	int64_t call_id;
	const struct dialogue *dialogue;
	int64_t answered_ms;
	struct party *customer;
	struct str lines; /* JSON objects, comma separated */
	struct conversation *next;
};

struct endpoint {
	struct endpoint_cfg cfg;
	struct voice *voice;
	struct party *parties;
	struct conversation *convs;
	uint8_t nth[NTH_SLOTS]; /* calls so far to numbers of that hash */
};

static struct party *party_of(struct endpoint *e, int64_t leg)
{
	for (struct party *p = e->parties; p; p = p->next)
		if (p->leg == leg)
			return p;
	return NULL;
}

static struct party *agent_of(struct endpoint *e, const char *job_no)
{
	for (struct party *p = e->parties; p; p = p->next)
		if (p->side == SIDE_AGENT && strcmp(p->job_no, job_no) == 0)
			return p;
	return NULL;
}

static struct conversation *conv_of(struct endpoint *e, int64_t call_id)
{
	for (struct conversation *c = e->convs; c; c = c->next)
		if (c->call_id == call_id)
			return c;
	return NULL;
}

static void note_line(struct conversation *c, enum side side, const char *text, int64_t from_ms,
                      int64_t to_ms)
{
	struct jw w = { .out = &c->lines };
	if (c->lines.len)
		str_addc(&c->lines, ',');
	jw_obj(&w, NULL);
	jw_int(&w, "at_ms", from_ms - c->answered_ms);
	jw_int(&w, "end_ms", to_ms - c->answered_ms);
	jw_str(&w, "side", side == SIDE_AGENT ? "agent" : "customer");
	jw_str(&w, "text", text);
	jw_end_obj(&w);
}

/* The line under way ends now, whole or cut off by the hang-up. */
static void end_line(struct party *p, int64_t now_ms)
{
	if (!p->talk.is_speaking || !p->conv)
		return;
	const struct spoken_line *l = &p->conv->dialogue->of[p->side].line[p->line];
	int64_t whole_ms = (int64_t)l->samples / 8;
	int64_t end_ms = p->said_line_ms + whole_ms < now_ms ? p->said_line_ms + whole_ms : now_ms;
	note_line(p->conv, p->side, l->text, p->said_line_ms, end_ms);
}

static void say(struct endpoint *e, struct party *p, int32_t line, int64_t now_ms)
{
	const struct spoken_line *l = &p->conv->dialogue->of[p->side].line[line];
	struct why why;
	p->line = line;
	p->said_line_ms = now_ms;
	if (leg_play_pcm(e->voice, p->leg, PLAY_PROMPT, l->pcm, l->samples, false, NULL, &why)) {
		log_warn("practice", "cannot_speak", LOG_I("leg", p->leg), LOG_WHY(&why));
		p->is_talking = false;
	}
}

static void talk(struct endpoint *e, struct party *p, enum talk_event ev, int64_t now_ms)
{
	int32_t line;
	if (!p->is_talking)
		return;
	if (ev == TALK_EV_SAID)
		end_line(p, now_ms);
	switch (talk_on(&p->talk, ev, now_ms, &line)) {
	case TALK_NOTHING:
		break;
	case TALK_SAY:
		say(e, p, line, now_ms);
		break;
	case TALK_HANG_UP:
		(void)leg_hangup(e->voice, p->leg, CAUSE_NORMAL, NULL);
		break;
	}
}

static void tick(struct voice *v, void *arg)
{
	struct endpoint *e = arg;
	int64_t now_ms = clock_mono_ms();
	for (struct party *p = e->parties; p; p = p->next)
		talk(e, p, TALK_EV_TICK, now_ms);
	(void)voice_timer(v, TICK_MS, tick, e);
}

static void begin_talk(struct endpoint *e, struct party *p, struct conversation *c,
                       const struct talk_manner *m, bool does_begin)
{
	p->conv = c;
	p->is_talking = true;
	talk_init(&p->talk, m, c->dialogue->of[p->side].n, does_begin, clock_mono_ms());
	(void)leg_watch_voice(e->voice, p->leg, true, NULL);
}

/* ---- customers ---- */

static uint32_t next_nth(struct endpoint *e, const char *number)
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
	struct endpoint *e;
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

static void customer_rings(struct endpoint *e, struct party *p, const char *number)
{
	p->persona = persona_of(&e->cfg.mix, number, next_nth(e, number));
	(void)leg_ring(e->voice, p->leg, NULL);
	if (p->persona.act == PERSONA_NO_ANSWER)
		return;
	struct later *l = malloc(sizeof *l);
	if (!l)
		return;
	*l = (struct later){ e, p->leg };
	if (!voice_timer(e->voice, p->persona.ring_ms, decide, l))
		free(l);
}

static void customer_answered(struct endpoint *e, struct party *p, int64_t call_id)
{
	enum dialogue_kind kind =
	    p->persona.act == PERSONA_MACHINE ? DIALOGUE_MACHINE : DIALOGUE_TALK;
	struct conversation *c = calloc(1, sizeof *c);
	if (!c)
		return;
	c->call_id = call_id;
	c->dialogue = repertoire_pick(e->cfg.repertoire, kind, p->persona.pick);
	c->answered_ms = clock_mono_ms();
	c->customer = p;
	c->next = e->convs;
	e->convs = c;
	struct talk_manner m = { .first_ms = CUSTOMER_FIRST_MS,
		                 .pause_ms = p->persona.pause_ms,
		                 .patience_ms = CUSTOMER_PATIENCE_MS,
		                 .bye_ms = CUSTOMER_BYE_MS };
	begin_talk(e, p, c, &m, true);
}

static void hand_in(struct endpoint *e, struct conversation *c)
{
	struct str out = { 0 };
	struct jw w = { .out = &out };
	jw_obj(&w, NULL);
	jw_id(&w, "call_id", c->call_id);
	jw_str(&w, "dialogue", c->dialogue->key);
	str_add(&out, ",\"lines\":[");
	str_add(&out, str_text(&c->lines));
	str_addc(&out, ']');
	jw_end_obj(&w);
	if (str_ok(&out) && c->call_id)
		e->cfg.on_transcript(e->cfg.ctx, str_text(&out));
	str_free(&out);
}

static void end_conversation(struct endpoint *e, struct conversation *c)
{
	int64_t now_ms = clock_mono_ms();
	for (struct party *p = e->parties; p; p = p->next)
		if (p->conv == c) {
			end_line(p, now_ms);
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

struct agent_order {
	struct endpoint *e;
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
		(void)leg_stop(v, p->leg, NULL);
		return;
	}
	struct conversation *c = conv_of(o.e, o.call_id);
	if (!c)
		return;
	const struct dialogue *d = c->dialogue;
	struct robot_result res = { .flags = d->flags,
		                    .deal_fen = d->deal_fen,
		                    .next_in_ms = d->next_in_ms };
	str_copy(res.code, sizeof res.code, d->result);
	str_copy(res.grade, sizeof res.grade, d->grade);
	o.e->cfg.on_result(o.e->cfg.ctx, o.job_no, &res);
	begin_talk(o.e, p, c, &AGENT_MANNER, false);
	p->talk.has_other_spoken = true; /* the customer's 喂 came before we were connected */
}

static void order(struct endpoint *e, const char *job_no, int64_t call_id)
{
	struct agent_order *o = malloc(sizeof *o);
	if (!o)
		return;
	*o = (struct agent_order){ .e = e, .call_id = call_id };
	str_copy(o->job_no, sizeof o->job_no, job_no);
	if (voice_post(e->voice, agent_ordered, o, NULL))
		free(o);
}

void endpoint_talk(struct endpoint *e, const char *job_no, int64_t call_id)
{
	order(e, job_no, call_id);
}

void endpoint_stop_talk(struct endpoint *e, const char *job_no)
{
	order(e, job_no, 0);
}

/* ---- events of our telephones ---- */

static bool is_seat(const struct endpoint *e, const char *user)
{
	for (size_t i = 0; i < e->cfg.n_seats; i++)
		if (strcmp(e->cfg.seats[i].job_no, user) == 0)
			return true;
	return false;
}

static void on_incoming(struct endpoint *e, const struct leg_event *ev)
{
	struct party *p = calloc(1, sizeof *p);
	if (!p) {
		(void)leg_reject(e->voice, ev->leg, CAUSE_BUSY, NULL);
		return;
	}
	p->leg = ev->leg;
	p->side = is_seat(e, ev->to) ? SIDE_AGENT : SIDE_CUSTOMER;
	p->next = e->parties;
	e->parties = p;
	if (p->side == SIDE_CUSTOMER) {
		customer_rings(e, p, ev->to);
		return;
	}
	str_copy(p->job_no, sizeof p->job_no, ev->to);
	(void)leg_answer(e->voice, ev->leg, NULL);
}

static void on_ended(struct endpoint *e, struct party *p)
{
	if (p->side == SIDE_CUSTOMER && p->conv)
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
	struct endpoint *e = ctx;
	if (ev->kind == LEG_EV_INCOMING) {
		on_incoming(e, ev);
		return;
	}
	struct party *p = party_of(e, ev->leg);
	if (!p)
		return;
	if (ev->kind == LEG_EV_ANSWERED && p->side == SIDE_CUSTOMER)
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

enum err endpoint_new(const struct endpoint_cfg *cfg, struct endpoint **ret, struct why *why)
{
	CLEANUP(endpoint_free) struct endpoint *e = calloc(1, sizeof *e);
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

void endpoint_run(struct endpoint *e)
{
	voice_run(e->voice);
}

void endpoint_stop(struct endpoint *e)
{
	voice_stop(e->voice);
}

void endpoint_free(struct endpoint **ep)
{
	struct endpoint *e = *ep;
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
