#include "auth/login.h"

#include <ctype.h>
#include <stdatomic.h>
#include <string.h>

#include "auth/audit.h"
#include "auth/guess.h"
#include "auth/password.h"
#include "auth/token_int.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/metric.h"
#include "base/str.h"
#include "base/text.h"
#include "store/db.h"

enum { HASHES_AT_ONCE = 2, HOUR_MS = 3600 * 1000 };

/* ---- Argon2id, a few at a time ---- */

static _Atomic int hashing;

static bool hash_enter(void)
{
	if (atomic_fetch_add(&hashing, 1) < HASHES_AT_ONCE)
		return true;
	atomic_fetch_sub(&hashing, 1);
	return false;
}

static void hash_leave(void)
{
	atomic_fetch_sub(&hashing, 1);
}

enum err password_make(const char *password, char hash[CRYPTO_PASSWORD_BYTES], struct why *why)
{
	if (!hash_enter())
		return fail(why, E_LOGIN_BUSY);
	enum err e = crypto_password_hash(password, hash, why);
	hash_leave();
	return e;
}

static enum err password_try(const char *password, const char *stored, bool *ret, struct why *why)
{
	if (!hash_enter())
		return fail(why, E_LOGIN_BUSY);
	*ret = crypto_password_verify(password, stored);
	hash_leave();
	return ERR_OK;
}

/* ---- jobs ---- */

struct fail_arg {
	int64_t person_id;
	struct audit audit;
};

static enum err fail_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct fail_arg *a = arg;
	enum err e = db_exec(tx_db(tx), "UPDATE login SET failed = failed + 1 WHERE person_id = ?1",
	                     ARGS(V_INT(a->person_id)), NULL, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

struct open_arg {
	int64_t person_id, session_id;
	const struct client *c;
	const char *browser;
	unsigned char hash[CRYPTO_HASH_BYTES];
	struct audit audit;
	int64_t *ret_replaced, *ret_failed;
};

static enum err living_session(struct db *db, int64_t person_id, int64_t *ret, struct why *why)
{
	enum err e = db_int(db,
	                    "SELECT id FROM session WHERE person_id = ?1 AND ended_utc_ms IS NULL"
	                    " ORDER BY created_utc_ms DESC, id DESC LIMIT 1",
	                    ARGS(V_INT(person_id)), ret, why);
	if (e == ERR_NOT_FOUND)
		*ret = 0;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static int64_t first_life_ms(const struct client *c)
{
	int64_t idle = c->life.idle_ms ? c->life.idle_ms : (int64_t)SESSION_HOURS * HOUR_MS;
	int64_t longest =
	    c->life.longest_ms ? c->life.longest_ms : (int64_t)SESSION_LONGEST_HOURS * HOUR_MS;
	return idle < longest ? idle : longest;
}

static enum err open_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct open_arg *a = arg;
	struct db *db = tx_db(tx);
	int64_t now = a->c->now_utc_ms;
	enum err e = living_session(db, a->person_id, a->ret_replaced, why);
	if (!e)
		e = db_int(db, "SELECT failed FROM login WHERE person_id = ?1",
		           ARGS(V_INT(a->person_id)), a->ret_failed, why);
	if (!e)
		e = db_exec(
		    db,
		    "UPDATE session SET ended_utc_ms = ?2, ended_by = 'replaced', replaced_by = ?3"
		    " WHERE person_id = ?1 AND ended_utc_ms IS NULL",
		    ARGS(V_INT(a->person_id), V_INT(now), V_INT(a->session_id)), NULL, why);
	if (!e)
		e = db_exec(db,
		            "INSERT INTO session (id, token_hash, person_id, created_utc_ms, "
		            "seen_utc_ms, expires_utc_ms,"
		            " addr, user_agent) VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7) ON "
		            "CONFLICT (id) DO NOTHING",
		            ARGS(V_INT(a->session_id), V_BYTES(a->hash, sizeof a->hash),
		                 V_INT(a->person_id), V_INT(now), V_INT(now + first_life_ms(a->c)),
		                 V_TEXT(a->c->addr), V_TEXT(a->browser)),
		            NULL, why);
	if (!e)
		e = db_exec(db, "UPDATE login SET failed = 0 WHERE person_id = ?1",
		            ARGS(V_INT(a->person_id)), NULL, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

/* ---- logging in ---- */

struct found {
	int64_t person_id, unit_id;
	char hash[CRYPTO_PASSWORD_BYTES];
};

static enum err find(struct db *db, const char *job_no, struct found *f, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(
	    db,
	    "SELECT p.id, p.unit_id, l.pw_hash FROM person p"
	    " JOIN login l ON l.person_id = p.id WHERE p.job_no = ?1 AND p.left_utc_ms IS NULL",
	    ARGS(V_TEXT(job_no)), &r, why);
	if (e)
		return e;
	f->person_id = rows_int(r, 0);
	f->unit_id = rows_int(r, 1);
	str_copy(f->hash, sizeof f->hash, rows_text(r, 2));
	return ERR_OK;
}

/* An unknown number takes as long as a known one with a wrong password. */
static enum err nobody(const char *password, struct why *why)
{
	char hash[CRYPTO_PASSWORD_BYTES];
	enum err e = password_make(password, hash, why);
	return e ? e : fail(why, E_LOGIN_WRONG);
}

static struct audit audit_of(const struct client *c, const char *action, int64_t person_id,
                             int64_t unit_id)
{
	return (struct audit){ .id = id_new(),
		               .at_utc_ms = c->now_utc_ms,
		               .person_id = person_id,
		               .unit_id = unit_id,
		               .action = action,
		               .subject_kind = "person",
		               .subject_id = person_id,
		               .addr = c->addr };
}

static enum err refuse(struct writer *w, const struct found *f, const struct client *c,
                       enum err_code code, struct why *why)
{
	struct fail_arg a = { f->person_id, audit_of(c, "login.fail", f->person_id, f->unit_id) };
	enum err e = writer_do(w, LANE_NORMAL, fail_write, &a, why);
	return e ? e : fail(why, code);
}

static enum err open_session(struct writer *w, const struct found *f, const struct client *c,
                             struct login_done *ret, struct why *why)
{
	struct login_done done = { .session_id = id_new(), .person_id = f->person_id };
	struct open_arg a = { .person_id = f->person_id,
		              .session_id = done.session_id,
		              .c = c,
		              .browser = c->user_agent,
		              .ret_replaced = &done.replaced_session_id,
		              .ret_failed = &done.failed };
	a.audit = audit_of(c, "login", f->person_id, f->unit_id);
	token_new(done.token);
	token_hash(done.token, a.hash);
	enum err e = writer_do(w, LANE_NORMAL, open_write, &a, why);
	if (!e)
		*ret = done;
	return e;
}

/* In the order of the metric's words. */
enum result { RESULT_GOOD, RESULT_WRONG, RESULT_SLOWED, RESULT_BUSY };

static void count(enum err e, const struct why *why)
{
	enum result r = !e                           ? RESULT_GOOD
	                : why->code == E_LOGIN_WAIT  ? RESULT_SLOWED
	                : why->code == E_LOGIN_WRONG ? RESULT_WRONG
	                                             : RESULT_BUSY;
	metric_add(M_LOGINS, (int)r, 1);
}

static enum err try_once(struct db *db, struct writer *w, const char *job_no, const char *password,
                         const struct client *c, struct login_done *ret, struct why *why)
{
	struct found f;
	bool is_right = false;
	enum err e = find(db, job_no, &f, why);
	if (e == ERR_NOT_FOUND)
		return nobody(password, why);
	if (e || (e = password_try(password, f.hash, &is_right, why)))
		return e;
	return is_right ? open_session(w, &f, c, ret, why) : refuse(w, &f, c, E_LOGIN_WRONG, why);
}

static struct guess_who who_guesses(const struct client *c, const char *job_no)
{
	return (struct guess_who){ job_no, c->addr, c->device, c->is_own_machine };
}

static enum err may_guess(const struct client *c, const struct guess_who *who, struct why *why)
{
	int64_t ms = c->guess ? guess_wait_ms(c->guess, who, clock_mono_ms()) : 0;
	return ms ? fail(why, E_LOGIN_WAIT, (ms + 999) / 1000) : ERR_OK;
}

static void learn(const struct client *c, const struct guess_who *who, enum err e,
                  const struct why *why)
{
	if (c->guess && !e)
		guess_right(c->guess, who, clock_mono_ms());
	else if (c->guess && (why->code == E_LOGIN_WRONG || why->code == E_PASSWORD_OLD))
		guess_wrong(c->guess, who, clock_mono_ms());
}

enum err login(struct db *db, struct writer *w, const char *job_no, const char *password,
               const struct client *c, struct login_done *ret, struct why *why)
{
	struct why own = { 0 };
	struct guess_who who = who_guesses(c, job_no);
	enum err e = may_guess(c, &who, &own);
	if (!e) {
		e = try_once(db, w, job_no, password, c, ret, &own);
		learn(c, &who, e, &own);
	}
	count(e, &own);
	if (e && why)
		*why = own;
	return e;
}

/* ---- passwords ---- */

struct set_arg {
	int64_t person_id, now_utc_ms;
	const char *hash;
	const struct audit *audit; /* NULL: none */
};

enum err password_write(struct tx *tx, int64_t person_id, const char *hash, int64_t now,
                        struct why *why)
{
	return db_exec(tx_db(tx),
	               "INSERT INTO login (person_id, pw_hash, failed, changed_utc_ms)"
	               " VALUES (?1, ?2, 0, ?3) ON CONFLICT (person_id) DO UPDATE SET pw_hash = "
	               "excluded.pw_hash, failed = 0, changed_utc_ms = excluded.changed_utc_ms",
	               ARGS(V_INT(person_id), V_TEXT(hash), V_INT(now)), NULL, why);
}

static enum err set_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct set_arg *a = arg;
	enum err e = password_write(tx, a->person_id, a->hash, a->now_utc_ms, why);
	return e || !a->audit ? e : audit_add(tx, a->audit, why);
}

enum err password_set(struct writer *w, int64_t person_id, const char *password, int64_t now,
                      struct why *why)
{
	char hash[CRYPTO_PASSWORD_BYTES];
	enum err e = crypto_password_hash(password, hash, why);
	struct set_arg a = { person_id, now, hash, NULL };
	return e ? e : writer_do(w, LANE_NORMAL, set_write, &a, why);
}

static enum err stored_hash(struct db *db, int64_t person_id, char *hash, char *job_no,
                            size_t job_no_size, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_row(db,
	           "SELECT l.pw_hash, p.job_no FROM login l JOIN person p ON p.id = l.person_id"
	           " WHERE l.person_id = ?1",
	           ARGS(V_INT(person_id)), &r, why);
	if (e)
		return e;
	str_copy(hash, CRYPTO_PASSWORD_BYTES, rows_text(r, 0));
	str_copy(job_no, job_no_size, rows_text(r, 1));
	return ERR_OK;
}

/* Whether `password` is the person's own, slowed like a log-in: a stolen session guesses here. */
static enum err own_password(struct db *db, int64_t person_id, const char *password,
                             const struct client *c, char *ret_job_no, size_t size, struct why *why)
{
	char hash[CRYPTO_PASSWORD_BYTES];
	bool is_right = false;
	struct why own = { 0 };
	enum err e = stored_hash(db, person_id, hash, ret_job_no, size, &own);
	struct guess_who who = who_guesses(c, ret_job_no);
	if (!e && !(e = may_guess(c, &who, &own)) &&
	    !(e = password_try(password, hash, &is_right, &own))) {
		if (!is_right)
			e = fail(&own, E_PASSWORD_OLD);
		learn(c, &who, e, &own);
	}
	if (e && why)
		*why = own;
	return e;
}

enum err password_change(struct db *db, struct writer *w, int64_t person_id,
                         const char *old_password, const char *new_password, const struct client *c,
                         struct why *why)
{
	char hash[CRYPTO_PASSWORD_BYTES], job_no[64];
	enum err e = own_password(db, person_id, old_password, c, job_no, sizeof job_no, why);
	if (!e)
		e = password_check(new_password, job_no, c->password_min, c->common, why);
	if (!e)
		e = password_make(new_password, hash, why);
	struct audit audit = audit_of(c, "password.change", person_id, 0);
	struct set_arg a = { person_id, c->now_utc_ms, hash, &audit };
	return e ? e : writer_do(w, LANE_NORMAL, set_write, &a, why);
}

struct confirm_arg {
	int64_t session_id, now_utc_ms;
	const struct audit *audit;
};

static enum err confirm_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct confirm_arg *a = arg;
	enum err e = db_exec(tx_db(tx), "UPDATE session SET confirmed_utc_ms = ?2 WHERE id = ?1",
	                     ARGS(V_INT(a->session_id), V_INT(a->now_utc_ms)), NULL, why);
	return e ? e : audit_add(tx, a->audit, why);
}

enum err password_confirm(struct db *db, struct writer *w, const struct session *s,
                          const char *password, const struct client *c, struct why *why)
{
	char job_no[64];
	enum err e = own_password(db, s->person_id, password, c, job_no, sizeof job_no, why);
	struct audit audit = audit_of(c, "session.confirm", s->person_id, s->unit_id);
	struct confirm_arg a = { s->id, c->now_utc_ms, &audit };
	return e ? e : writer_do(w, LANE_NORMAL, confirm_write, &a, why);
}
