/* auth/guess.h -- slows who guesses passwords, without locking out whose password it is.
 *
 * Wrong passwords are counted for three things: the account at that address, the account from
 * anywhere, the address for any account. Each makes wait longer and longer. A browser that has
 * logged in to the account before carries a sign of it (a device); it has a count of its own and
 * waits for nobody else's guesses, so an attacker cannot keep a person out of his own browser.
 * Unknown job numbers are counted like known ones: the answers tell nothing. Memory is bounded.
 *
 * Thread: any; one short lock. Nothing is kept over a restart. */
#ifndef AUTH_GUESS_H
#define AUTH_GUESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ban.h"
#include "base/err.h"

struct guess;

enum err guess_new(struct guess **ret, struct why *why) MUST_USE;
void guess_free(struct guess **g); /* NULL content is fine */

struct guess_who {
	const char *job_no, *addr;
	const char *device;  /* of this account, proven; NULL: none */
	bool is_own_machine; /* the address is a proxy or this machine: not counted by itself */
};

/** How long this one waits before the next try; 0: he may try now. */
int64_t guess_wait_ms(struct guess *g, const struct guess_who *who, int64_t now_ms);
void guess_wrong(struct guess *g, const struct guess_who *who, int64_t now_ms);
void guess_right(struct guess *g, const struct guess_who *who, int64_t now_ms);

/** Addresses that wait for their guesses over all accounts. Holds the lock meanwhile. */
void guess_each(struct guess *g, int64_t now_ms, ban_fn *fn, void *ctx);
bool guess_lift(struct guess *g, const struct ban_key *addr, int64_t now_ms);

#endif
