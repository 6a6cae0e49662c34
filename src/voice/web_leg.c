/* Browser legs: one per station, whatever PC it sits at. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "voice/voice_int.h"
#include "voice/web.h"

enum { COME_BACK_MS = 10000 };

static struct leg *leg_of_station(struct voice *v, const char *station)
{
	for (int i = 0; i < LEG_BUCKETS; i++)
		for (struct leg *l = v->legs[i]; l; l = l->next)
			if (l->kind == LEG_WEB && l->state != LS_ENDING &&
			    strcmp(l->station, station) == 0)
				return l;
	return NULL;
}

/* Every address of this machine that a browser might reach, for a listener on 0.0.0.0. */
static void add_own_addresses(char *buf, size_t size)
{
	struct ifaddrs *all, *a;
	if (getifaddrs(&all))
		return;
	for (a = all; a; a = a->ifa_next) {
		char text[INET_ADDRSTRLEN];
		size_t n = strlen(buf);
		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_INET || !(a->ifa_flags & IFF_UP))
			continue;
		const struct sockaddr_in *in = (const void *)a->ifa_addr;
		if (inet_ntop(AF_INET, &in->sin_addr, text, sizeof text) &&
		    n + strlen(text) + 2 < size)
			snprintf(buf + n, size - n, "%s%s", n ? " " : "", text);
	}
	freeifaddrs(all);
}

void web_find_candidates(struct voice *v)
{
	struct sa sa;
	if (v->cfg.web_candidates[0])
		snprintf(v->candidates, sizeof v->candidates, "%s", v->cfg.web_candidates);
	else if (sa_set_str(&sa, v->cfg.web_addr, 0) == 0 && sa_is_any(&sa))
		add_own_addresses(v->candidates, sizeof v->candidates);
	else
		snprintf(v->candidates, sizeof v->candidates, "%s", v->cfg.web_addr);
}

static enum err answer_offer(struct voice *v, struct leg *l, const char *offer, char **ret_answer,
                             struct why *why)
{
	struct web_local local = {
		.fingerprint = media_fingerprint(v->media),
		.candidates = v->candidates,
		.port = media_web_port(v->media),
		.ssrc = mleg_ssrc(l->media),
	};
	struct web_params p = { .remote.pt_digits = -1 };
	web_local_draw(&local);
	enum err e = web_answer(offer, &local, &p.remote, ret_answer, why);
	if (e)
		return e;
	memcpy(p.ufrag, local.ufrag, sizeof p.ufrag);
	memcpy(p.pwd, local.pwd, sizeof p.pwd);
	struct web *w = web_new(&p);
	if (!w) {
		free(*ret_answer);
		return fail(why, E_NOMEM);
	}
	media_set_web(v->media, l->media, w);
	return ERR_OK;
}

enum err web_offer(struct voice *v, const char *station_key, const char *sdp_offer,
                   web_reply_fn *reply, void *ctx, struct why *why)
{
	static const struct media_socket NO_SOCKET = { -1, -1, NULL };
	size_t n = strnlen(station_key, sizeof((struct leg *)0)->station);
	if (n == 0 || n >= sizeof((struct leg *)0)->station)
		return fail(why, E_WEB_OFFER, "no station");
	struct leg *l = leg_of_station(v, station_key);
	bool is_new = !l;
	enum err e = is_new ? leg_make(v, LEG_WEB, &NO_SOCKET, &l, why) : ERR_OK;
	if (e)
		return e;
	char *answer = NULL;
	memcpy(l->station, station_key, n + 1);
	e = answer_offer(v, l, sdp_offer, &answer, why);
	if (e) {
		if (is_new)
			leg_discard(l);
		return e;
	}
	l->state = LS_UP;
	reply(ctx, l->id, answer, NULL);
	free(answer);
	return ERR_OK;
}

static void stayed_away(void *arg)
{
	leg_end(arg, CAUSE_WEB_LOST, ENDED_BY_NETWORK);
}

void web_leg_event(struct leg *l, const struct media_event *ev)
{
	struct leg_event out = { .at_ms = ev->at_ms };
	if (ev->kind == MEV_LOST) {
		tmr_start(&l->lost_tmr, COME_BACK_MS, stayed_away, l);
		out.kind = LEG_EV_LOST;
	} else {
		tmr_cancel(&l->lost_tmr);
		out.kind = ev->kind == MEV_UP ? LEG_EV_UP : LEG_EV_BACK;
	}
	l->is_answered = true;
	leg_emit_event(l, &out);
}
