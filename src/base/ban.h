/* base/ban.h -- who behaves badly, and for how long he is not listened to.
 *
 * Every offender has a bucket of tolerance that refills with time; who empties it is shut out, each
 * time longer. Memory is bounded: when there are more offenders than room, the one whose entry
 * matters least gives way (not shut out, longest unseen; then the ban that ends first), and only
 * among a few that share its place, chosen by a secret: a flood of invented addresses can neither
 * fill the memory nor push out a chosen entry.
 *
 * Pure: time comes in as an argument (monotonic ms). Thread: one owner, or a lock of the owner. */
#ifndef BASE_BAN_H
#define BASE_BAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { BAN_KEY_BYTES = 16, BAN_KEY_TEXT = 52 };

/* An address (IPv4 mapped into IPv6; of IPv6 the network of 64 bits, which is one customer's), or
 * the digest of anything else. */
struct ban_key {
	unsigned char b[BAN_KEY_BYTES];
};

/** From "192.0.2.1" or "2001:db8::1". @return false: no address */
bool ban_key_addr(const char *addr, struct ban_key *ret);
/** From any text: its digest. */
struct ban_key ban_key_text(const char *text);
/** "192.0.2.1" or "2001:db8::/64". Returns `buf` (BAN_KEY_TEXT). */
char *ban_key_show(const struct ban_key *k, char *buf);

struct ban_rule {
	int burst;          /* offences tolerated at once, at least 1 */
	int per_hour;       /* how many are forgotten in an hour */
	int64_t first_ms;   /* the first ban */
	int factor;         /* each next one is so much longer */
	int64_t longest_ms; /* but not longer than this */
	int64_t forget_ms;  /* after so long without a ban the next one counts as the first */
};

enum ban_verdict {
	BAN_TOLERATED,
	BAN_BEGINS, /* this offence emptied the bucket */
	BAN_HOLDS,  /* was shut out before */
};

struct bans;

/** @param room  entries, rounded up to a power of two, at least 64; about 80 bytes each */
enum err bans_new(size_t room, const struct ban_rule *rule, struct bans **ret,
                  struct why *why) MUST_USE;
void bans_free(struct bans **b); /* NULL content is fine */

/** Another rule from now on; bans that run keep their end. */
void bans_set_rule(struct bans *b, const struct ban_rule *rule);

/** Adds an offence. @param why  a small number of the caller's, kept for bans_each() */
enum ban_verdict bans_offend(struct bans *b, const struct ban_key *k, int cost, int why,
                             int64_t now_ms);

/** How long the key is still shut out; 0: it is not. */
int64_t bans_left_ms(const struct bans *b, const struct ban_key *k, int64_t now_ms);

/** Forgets everything about the key. @return whether it was shut out */
bool bans_lift(struct bans *b, const struct ban_key *k, int64_t now_ms);

int bans_count(const struct bans *b, int64_t now_ms); /* of those shut out */

struct ban_row {
	struct ban_key key;
	int64_t since_ms, until_ms, last_ms; /* last: of the latest offence */
	int64_t offences;                    /* since the entry was made */
	int times, why;
};
typedef void ban_fn(void *ctx, const struct ban_row *r);
/** Those shut out now, in no order. */
void bans_each(const struct bans *b, int64_t now_ms, ban_fn *fn, void *ctx);

#endif
