/* What the database knows of many numbers at once: whose they are, refusals, earlier calls.
 * Sixty-four to a question, so that a slice of a list costs a few of them instead of several a row.
 */
#include <string.h>

#include "crm/import_int.h"

enum { ASKED = 64 };
#define IN_64 \
	" IN (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, " \
	"?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, " \
	"?36, " \
	"?37, ?38, ?39, ?40, ?41, ?42, ?43, ?44, ?45, ?46, ?47, ?48, ?49, ?50, ?51, ?52, ?53, " \
	"?54, " \
	"?55, ?56, ?57, ?58, ?59, ?60, ?61, ?62, ?63, ?64) "

static const char SQL_OWNER[] = "SELECT hash, customer_id FROM phone WHERE hash" IN_64;
static const char SQL_REFUSED[] = "SELECT hash, reason FROM dnc WHERE hash" IN_64
				  "AND (expires_utc_ms IS NULL OR expires_utc_ms > ?65)";
static const char SQL_CALLED[] =
    "SELECT DISTINCT number_hash FROM attempt WHERE number_hash" IN_64 "AND created_utc_ms > ?65";

struct question {
	struct db *db;
	const unsigned char (*hash)[VAULT_HASH_BYTES];
	size_t n; /* 1..ASKED */
	int64_t now_utc_ms;
	struct import_known *ret;
};

static void take_owner(struct import_known *k, const struct rows *r)
{
	k->customer_id = rows_int(r, 1);
}

static void take_refusal(struct import_known *k, const struct rows *r)
{
	k->is_refused = true;
	str_copy(k->refusal, sizeof k->refusal, rows_text(r, 1));
}

static void take_call(struct import_known *k, const struct rows *r)
{
	(void)r;
	k->has_attempts = true;
}

/* Places that are not needed repeat the first number. */
static enum err ask(const struct question *q, const char *sql, bool has_time,
                    void (*take)(struct import_known *, const struct rows *), struct why *why)
{
	struct val args[ASKED + 1];
	CLEANUP(rows_free) struct rows *r = NULL;
	for (size_t i = 0; i < ASKED; i++)
		args[i] = V_BYTES(q->hash[i < q->n ? i : 0], VAULT_HASH_BYTES);
	args[ASKED] = V_INT(q->now_utc_ms);
	enum err e = db_query(q->db, sql, args, has_time ? ASKED + 1 : ASKED, &r, why);
	while (!e && !(e = rows_next(r, why))) {
		size_t bytes;
		const void *hash = rows_bytes(r, 0, &bytes);
		for (size_t i = 0; bytes == VAULT_HASH_BYTES && i < q->n; i++) {
			if (memcmp(q->hash[i], hash, bytes) == 0)
				take(&q->ret[i], r);
		}
	}
	return e == ERR_END ? ERR_OK : e;
}

enum err import_known_load(struct db *db, const unsigned char (*hash)[VAULT_HASH_BYTES], size_t n,
                           int64_t now_utc_ms, bool with_attempts, struct import_known *ret,
                           struct why *why)
{
	static const int64_t CALLED_MS = 31LL * 86400000; /* as far as any cap looks back */
	memset(ret, 0, n * sizeof *ret);
	for (size_t at = 0; at < n; at += ASKED) {
		struct question q = { db, hash + at, n - at < ASKED ? n - at : ASKED, now_utc_ms,
			              ret + at };
		enum err e = ask(&q, SQL_OWNER, false, take_owner, why);
		if (e || (e = ask(&q, SQL_REFUSED, true, take_refusal, why)))
			return e;
		q.now_utc_ms -= CALLED_MS;
		if (with_attempts && (e = ask(&q, SQL_CALLED, true, take_call, why)))
			return e;
	}
	return ERR_OK;
}
