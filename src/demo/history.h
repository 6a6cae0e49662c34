/* demo/history.h -- fills an empty database with a company and 30 days of its work.
 *
 * The company, its people and its customers are fictitious; the numbers lie in blocks whose middle
 * four digits are 0000, and the demo's only line leads to simulated customers on this machine.
 * Calls come from demo/sim.h; of the conversations 300 are recordings put together from the phrase
 * bank, with true transcripts. Runs before the writer starts: it is the only one at the database.
 */
#ifndef DEMO_HISTORY_H
#define DEMO_HISTORY_H

#include <stdint.h>

#include "base/err.h"

struct demo_cfg {
	const char *db_url;          /* empty database; is brought to this program's schema */
	const char *recordings_dir;  /* made when missing */
	const char *master_key_path; /* as for vault_open() */
	const char *profiles_dir;    /* profiles/ of the program */
	const char *bank_dir;        /* the rendered phrase bank */
	const char *trunk_name;      /* of the practice line */
	const char *trunk_cfg;       /* its JSON (trunk.cfg) */
	const char *caller_number; /* E.164 without its last digit: campaign n calls with n there */
	const char *phones; /* "127.0.0.1:5070": the agents' desk phones; NULL: they use browsers */
	const char *password; /* of every log-in */
	int64_t cell_id;
	int64_t now_utc_ms;   /* where the history ends */
	uint64_t seed;        /* 0: 7 */
	int days, recordings; /* 0: 30, 300 */
};

/* What was made. */
struct demo_result {
	int customers, attempts, recordings, reviews;
	int64_t trunk_id;
	char visitor_job_no[16]; /* the free seat */
};

/** @return ERR_CONFLICT E_DEMO_NOT_EMPTY; errors of the database, the bank and the disk. What was
 *          written before an error stays: throw the directory away. */
enum err demo_history(const struct demo_cfg *cfg, struct demo_result *ret,
                      struct why *why) MUST_USE;

enum { DEMO_NUMBER_BYTES = 24 };
/** The number campaign `nth` shows; `buf` is returned. */
const char *demo_caller_number(const struct demo_cfg *cfg, int nth, char buf[DEMO_NUMBER_BYTES]);
/** Script of campaign `nth`; NULL: there are no more. */
const char *demo_campaign_script(int nth);
/** The company in whose name agents of such a script call. */
const char *demo_script_company(const char *script);

struct demo_login {
	const char *job_no, *name, *role;
};
/** Every log-in of the demo, for printing. Static storage. */
const struct demo_login *demo_logins(int *ret_n);

#endif
