#include "base/ban.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

enum { WAYS = 8 /* entries that share a place */, HOUR_MS = 3600 * 1000, TOKEN = HOUR_MS };

struct entry {
	struct ban_row row;
	int64_t level; /* offences in the bucket, in 1 / TOKEN; refilled as of row.last_ms */
	bool is_used;
};

struct bans {
	struct ban_rule rule;
	uint64_t seed[2];
	size_t mask; /* of places */
	struct entry *entry;
};

/* ---- keys ---- */

bool ban_key_addr(const char *addr, struct ban_key *ret)
{
	struct in_addr v4;
	struct in6_addr v6;
	memset(ret, 0, sizeof *ret);
	if (inet_pton(AF_INET, addr, &v4) == 1) {
		ret->b[10] = ret->b[11] = 0xff;
		memcpy(ret->b + 12, &v4, 4);
		return true;
	}
	if (inet_pton(AF_INET6, addr, &v6) != 1)
		return false;
	bool is_mapped = IN6_IS_ADDR_V4MAPPED(&v6) || IN6_IS_ADDR_LOOPBACK(&v6);
	memcpy(ret->b, &v6, is_mapped ? 16 : 8);
	return true;
}

struct ban_key ban_key_text(const char *text)
{
	struct ban_key k;
	unsigned char hash[CRYPTO_HASH_BYTES];
	crypto_digest(NULL, text, strlen(text), hash);
	memcpy(k.b, hash, sizeof k.b);
	return k;
}

char *ban_key_show(const struct ban_key *k, char *buf)
{
	static const unsigned char MAPPED[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	char text[INET6_ADDRSTRLEN] = "";
	struct in6_addr v6;
	memcpy(&v6, k->b, sizeof v6);
	if (memcmp(k->b, MAPPED, sizeof MAPPED) == 0) {
		inet_ntop(AF_INET, k->b + 12, text, sizeof text);
		snprintf(buf, BAN_KEY_TEXT, "%s", text);
	} else {
		inet_ntop(AF_INET6, &v6, text, sizeof text);
		snprintf(buf, BAN_KEY_TEXT, IN6_IS_ADDR_LOOPBACK(&v6) ? "%s" : "%s/64", text);
	}
	return buf;
}

/* ---- the table ---- */

enum err bans_new(size_t room, const struct ban_rule *rule, struct bans **ret, struct why *why)
{
	size_t places = 64 / WAYS;
	while (places * WAYS < room)
		places *= 2;
	struct bans *b = calloc(1, sizeof *b);
	if (!b || !(b->entry = calloc(places * WAYS, sizeof *b->entry))) {
		free(b);
		return fail(why, E_NOMEM);
	}
	b->mask = places - 1;
	crypto_random(b->seed, sizeof b->seed);
	bans_set_rule(b, rule);
	*ret = b;
	return ERR_OK;
}

void bans_free(struct bans **b)
{
	if (!*b)
		return;
	free((*b)->entry);
	free(*b);
	*b = NULL;
}

void bans_set_rule(struct bans *b, const struct ban_rule *rule)
{
	b->rule = *rule;
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 29;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static struct entry *place(const struct bans *b, const struct ban_key *k)
{
	uint64_t half[2];
	memcpy(half, k->b, sizeof half);
	uint64_t h = mix(mix(half[0] ^ b->seed[0]) ^ half[1] ^ b->seed[1]);
	return b->entry + (h & b->mask) * WAYS;
}

static struct entry *find(const struct bans *b, const struct ban_key *k)
{
	struct entry *e = place(b, k);
	for (int i = 0; i < WAYS; i++) {
		if (e[i].is_used && memcmp(e[i].row.key.b, k->b, BAN_KEY_BYTES) == 0)
			return &e[i];
	}
	return NULL;
}

/* Whether `a` gives way before `b`. */
static bool is_lesser(const struct entry *a, const struct entry *b, int64_t now_ms)
{
	bool a_banned = a->row.until_ms > now_ms, b_banned = b->row.until_ms > now_ms;
	if (a->is_used != b->is_used)
		return !a->is_used;
	if (a_banned != b_banned)
		return !a_banned;
	return a_banned ? a->row.until_ms < b->row.until_ms : a->row.last_ms < b->row.last_ms;
}

static struct entry *make(struct bans *b, const struct ban_key *k, int64_t now_ms)
{
	struct entry *e = place(b, k), *least = e;
	for (int i = 1; i < WAYS; i++) {
		if (is_lesser(&e[i], least, now_ms))
			least = &e[i];
	}
	*least = (struct entry){ .is_used = true, .row = { .key = *k, .last_ms = now_ms } };
	return least;
}

static void refill(const struct ban_rule *r, struct entry *e, int64_t now_ms)
{
	int64_t gone_ms = now_ms - e->row.last_ms;
	/* A day empties any bucket; more could overflow the product. */
	if (gone_ms > 24 * (int64_t)HOUR_MS)
		gone_ms = 24 * (int64_t)HOUR_MS;
	if (gone_ms > 0)
		e->level -= gone_ms * r->per_hour;
	if (e->level < 0)
		e->level = 0;
}

static int64_t length_ms(const struct ban_rule *r, int times)
{
	int64_t ms = r->first_ms;
	for (int i = 1; i < times && ms < r->longest_ms; i++)
		ms *= r->factor;
	return ms < r->longest_ms ? ms : r->longest_ms;
}

enum ban_verdict bans_offend(struct bans *b, const struct ban_key *k, int cost, int why,
                             int64_t now_ms)
{
	const struct ban_rule *r = &b->rule;
	struct entry *e = find(b, k);
	if (!e)
		e = make(b, k, now_ms);
	bool was_banned = e->row.until_ms > now_ms;
	int64_t full = (int64_t)r->burst * TOKEN;
	refill(r, e, now_ms);
	e->row.last_ms = now_ms;
	e->row.offences += cost;
	e->level += (int64_t)cost * TOKEN;
	bool is_over = e->level > full - TOKEN; /* a part of an offence forgotten does not save */
	if (e->level > full)
		e->level = full; /* else who floods would never be forgiven */
	if (was_banned)
		return BAN_HOLDS;
	if (!is_over)
		return BAN_TOLERATED;
	if (e->row.until_ms && now_ms - e->row.until_ms > r->forget_ms)
		e->row.times = 0;
	e->row.times++;
	e->row.why = why;
	e->row.since_ms = now_ms;
	e->row.until_ms = now_ms + length_ms(r, e->row.times);
	return BAN_BEGINS;
}

int64_t bans_left_ms(const struct bans *b, const struct ban_key *k, int64_t now_ms)
{
	const struct entry *e = find(b, k);
	return e && e->row.until_ms > now_ms ? e->row.until_ms - now_ms : 0;
}

bool bans_lift(struct bans *b, const struct ban_key *k, int64_t now_ms)
{
	struct entry *e = find(b, k);
	bool was_banned = e && e->row.until_ms > now_ms;
	if (e)
		memset(e, 0, sizeof *e);
	return was_banned;
}

void bans_each(const struct bans *b, int64_t now_ms, ban_fn *fn, void *ctx)
{
	for (size_t i = 0; i < (b->mask + 1) * WAYS; i++) {
		if (b->entry[i].is_used && b->entry[i].row.until_ms > now_ms)
			fn(ctx, &b->entry[i].row);
	}
}

static void count(void *ctx, const struct ban_row *r)
{
	(void)r;
	(*(int *)ctx)++;
}

int bans_count(const struct bans *b, int64_t now_ms)
{
	int n = 0;
	bans_each(b, now_ms, count, &n);
	return n;
}
