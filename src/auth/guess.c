#include "auth/guess.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, ROOM = 4096 };

/* What is counted, each with its own patience. */
enum what { PAIR, ACCOUNT, ADDRESS, DEVICE, WHAT_COUNT };

/* OWASP ASVS 2.2.1 wants fewer than 100 failures an hour for an account: each line below stays
 * under that, the account's over all addresses too. */
static const struct ban_rule RULES[WHAT_COUNT] = {
	[PAIR] = { 5, 4, 5000, 2, 15 * MINUTE_MS, 24 * (int64_t)HOUR_MS },
	[ACCOUNT] = { 20, 30, 5000, 2, 5 * MINUTE_MS, 24 * (int64_t)HOUR_MS },
	[ADDRESS] = { 30, 60, MINUTE_MS, 2, HOUR_MS, 24 * (int64_t)HOUR_MS },
	[DEVICE] = { 5, 4, 5000, 2, 15 * MINUTE_MS, 24 * (int64_t)HOUR_MS },
};

struct guess {
	pthread_mutex_t lock;
	struct bans *bans[WHAT_COUNT];
};

enum err guess_new(struct guess **ret, struct why *why)
{
	CLEANUP(guess_free) struct guess *g = calloc(1, sizeof *g);
	if (!g)
		return fail(why, E_NOMEM);
	pthread_mutex_init(&g->lock, NULL);
	for (int i = 0; i < WHAT_COUNT; i++) {
		enum err e = bans_new(ROOM, &RULES[i], &g->bans[i], why);
		if (e)
			return e;
	}
	*ret = g;
	g = NULL;
	return ERR_OK;
}

void guess_free(struct guess **gp)
{
	struct guess *g = *gp;
	if (!g)
		return;
	for (int i = 0; i < WHAT_COUNT; i++)
		bans_free(&g->bans[i]);
	pthread_mutex_destroy(&g->lock);
	free(g);
	*gp = NULL;
}

/* The key under which `who` is counted for `what`. @return false: it does not count for that */
static bool key_of(const struct guess_who *who, enum what what, struct ban_key *ret)
{
	char text[256];
	if ((what == DEVICE) != (who->device != NULL))
		return false; /* a known device has its own count, and no other */
	switch (what) {
	case PAIR:
		snprintf(text, sizeof text, "pair %s %s", who->addr, who->job_no);
		break;
	case ACCOUNT:
		snprintf(text, sizeof text, "account %s", who->job_no);
		break;
	case DEVICE:
		snprintf(text, sizeof text, "device %s", who->device);
		break;
	case ADDRESS:
		return !who->is_own_machine && ban_key_addr(who->addr, ret);
	case WHAT_COUNT:
		return false;
	}
	*ret = ban_key_text(text);
	return true;
}

int64_t guess_wait_ms(struct guess *g, const struct guess_who *who, int64_t now_ms)
{
	struct ban_key k;
	int64_t longest = 0;
	pthread_mutex_lock(&g->lock);
	for (enum what i = 0; i < WHAT_COUNT; i++) {
		int64_t ms = key_of(who, i, &k) ? bans_left_ms(g->bans[i], &k, now_ms) : 0;
		longest = ms > longest ? ms : longest;
	}
	pthread_mutex_unlock(&g->lock);
	return longest;
}

void guess_wrong(struct guess *g, const struct guess_who *who, int64_t now_ms)
{
	struct ban_key k;
	pthread_mutex_lock(&g->lock);
	for (enum what i = 0; i < WHAT_COUNT; i++) {
		if (key_of(who, i, &k))
			(void)bans_offend(g->bans[i], &k, 1, 0, now_ms);
	}
	pthread_mutex_unlock(&g->lock);
}

void guess_right(struct guess *g, const struct guess_who *who, int64_t now_ms)
{
	struct ban_key k;
	pthread_mutex_lock(&g->lock);
	/* The address's own count stays: one who knows one password may still guess others. */
	if (key_of(who, PAIR, &k))
		(void)bans_lift(g->bans[PAIR], &k, now_ms);
	if (key_of(who, DEVICE, &k))
		(void)bans_lift(g->bans[DEVICE], &k, now_ms);
	pthread_mutex_unlock(&g->lock);
}

void guess_each(struct guess *g, int64_t now_ms, ban_fn *fn, void *ctx)
{
	pthread_mutex_lock(&g->lock);
	bans_each(g->bans[ADDRESS], now_ms, fn, ctx);
	pthread_mutex_unlock(&g->lock);
}

bool guess_lift(struct guess *g, const struct ban_key *addr, int64_t now_ms)
{
	pthread_mutex_lock(&g->lock);
	bool was = bans_lift(g->bans[ADDRESS], addr, now_ms);
	pthread_mutex_unlock(&g->lock);
	return was;
}
