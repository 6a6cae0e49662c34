#include <string.h>

#include "auth/audit.h"
#include "auth/login.h"
#include "auth/password.h"
#include "auth/token_int.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"
#include "team/person.h"
#include "team/unit.h"

enum { HOUR_MS = 3600 * 1000 };

struct new_arg {
	int64_t person_id, now_utc_ms;
	const char *purpose;
	unsigned char hash[CRYPTO_HASH_BYTES];
	const struct audit *audit; /* NULL: the program's own */
};

static enum err link_write(struct tx *tx, const struct new_arg *a, struct why *why)
{
	struct db *db = tx_db(tx);
	enum err e = db_exec(db,
	                     "UPDATE one_time_link SET used_utc_ms = ?2 WHERE person_id = ?1 AND "
	                     "used_utc_ms IS NULL",
	                     ARGS(V_INT(a->person_id), V_INT(a->now_utc_ms)), NULL, why);
	if (e)
		return e;
	return db_exec(db,
	               "INSERT INTO one_time_link (token_hash, person_id, purpose, expires_utc_ms) "
	               "VALUES (?1, ?2, ?3, ?4)",
	               ARGS(V_BYTES(a->hash, sizeof a->hash), V_INT(a->person_id),
	                    V_TEXT(a->purpose),
	                    V_INT(a->now_utc_ms + (int64_t)LINK_HOURS * HOUR_MS)),
	               NULL, why);
}

static enum err new_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct new_arg *a = arg;
	enum err e = link_write(tx, a, why);
	return e || !a->audit ? e : audit_add(tx, a->audit, why);
}

enum err link_new(struct writer *w, int64_t person_id, const char *purpose, int64_t by_id,
                  const struct client *c, char *token, struct why *why)
{
	struct audit audit = { .id = id_new(),
		               .at_utc_ms = c->now_utc_ms,
		               .person_id = by_id,
		               .action = "link.new",
		               .subject_kind = "person",
		               .subject_id = person_id,
		               .addr = c->addr };
	struct new_arg a = { .person_id = person_id,
		             .now_utc_ms = c->now_utc_ms,
		             .purpose = purpose,
		             .audit = &audit };
	token_new(token);
	token_hash(token, a.hash);
	return writer_do(w, LANE_NORMAL, new_write, &a, why);
}

enum err link_find(struct db *db, const char *token, int64_t now, struct link_info *ret,
                   struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	unsigned char hash[CRYPTO_HASH_BYTES];
	if (!token_hash(token, hash))
		return fail(why, E_LINK_GONE);
	enum err e =
	    db_row(db,
	           "SELECT l.purpose, p.job_no, p.id FROM one_time_link l JOIN person p ON p.id = "
	           "l.person_id"
	           " WHERE l.token_hash = ?1 AND l.used_utc_ms IS NULL AND l.expires_utc_ms > ?2"
	           " AND p.left_utc_ms IS NULL",
	           ARGS(V_BYTES(hash, sizeof hash), V_INT(now)), &r, why);
	if (e)
		return e == ERR_NOT_FOUND ? fail(why, E_LINK_GONE) : e;
	str_copy(ret->purpose, sizeof ret->purpose, rows_text(r, 0));
	str_copy(ret->job_no, sizeof ret->job_no, rows_text(r, 1));
	ret->person_id = rows_int(r, 2);
	return ERR_OK;
}

struct use_arg {
	int64_t person_id, now_utc_ms;
	unsigned char hash[CRYPTO_HASH_BYTES];
	const char *pw_hash;
	struct audit audit;
};

static enum err use_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct use_arg *a = arg;
	struct db *db = tx_db(tx);
	int64_t changed = 0;
	/* Two browsers with the same link: the row decides who is first. */
	enum err e =
	    db_exec(db,
	            "UPDATE one_time_link SET used_utc_ms = ?2 WHERE token_hash = ?1 AND "
	            "used_utc_ms IS NULL"
	            " AND expires_utc_ms > ?2",
	            ARGS(V_BYTES(a->hash, sizeof a->hash), V_INT(a->now_utc_ms)), &changed, why);
	if (!e && !changed)
		return fail(why, E_LINK_GONE);
	if (!e)
		e = password_write(tx, a->person_id, a->pw_hash, a->now_utc_ms, why);
	if (!e)
		e = db_exec(db,
		            "UPDATE session SET ended_utc_ms = ?2, ended_by = 'password' WHERE "
		            "person_id = ?1"
		            " AND ended_utc_ms IS NULL",
		            ARGS(V_INT(a->person_id), V_INT(a->now_utc_ms)), NULL, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

enum err link_use(struct db *db, struct writer *w, const char *token, const char *password,
                  const struct client *c, struct why *why)
{
	struct link_info info;
	char pw_hash[CRYPTO_PASSWORD_BYTES];
	enum err e = link_find(db, token, c->now_utc_ms, &info, why);
	if (!e)
		e = password_check(password, info.job_no, c->password_min, c->common, why);
	if (!e)
		e = password_make(password, pw_hash, why);
	if (e)
		return e;
	struct use_arg a = { .person_id = info.person_id,
		             .now_utc_ms = c->now_utc_ms,
		             .pw_hash = pw_hash };
	a.audit = (struct audit){ .id = id_new(),
		                  .at_utc_ms = c->now_utc_ms,
		                  .person_id = info.person_id,
		                  .action = "link.use",
		                  .subject_kind = "person",
		                  .subject_id = info.person_id,
		                  .addr = c->addr };
	token_hash(token, a.hash);
	return writer_do(w, LANE_NORMAL, use_write, &a, why);
}

/* ---- the first start ---- */

struct first_arg {
	struct unit_new unit;
	struct person_new person;
	struct new_arg link;
	bool *ret_made;
};

static enum err first_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct first_arg *a = arg;
	int64_t people = 0;
	enum err e = db_int(tx_db(tx), "SELECT COUNT(*) FROM person", NOARGS, &people, why);
	*a->ret_made = false;
	if (e || people)
		return e;
	if (!(e = unit_add(tx, &a->unit, why)) && !(e = person_add(tx, &a->person, why)))
		e = link_write(tx, &a->link, why);
	*a->ret_made = !e;
	return e;
}

enum err first_start(struct db *db, struct writer *w, const char *company, int64_t now, char *token,
                     bool *ret_made, struct why *why)
{
	int64_t unit_id = id_new(), person_id = id_new(), people = 0;
	enum err e = db_int(db, "SELECT COUNT(*) FROM person", NOARGS, &people, why);
	*ret_made = false;
	if (e || people)
		return e;
	struct first_arg a = {
		.unit = { .id = unit_id,
		          .kind = "company",
		          .name = company,
		          .cell_id = 1,
		          .now_utc_ms = now },
		.person = { .id = person_id,
		            .job_no = "admin",
		            .name = "系统管理员",
		            .role = "administrator",
		            .unit_id = unit_id,
		            .lang = "zh",
		            .station_kind = "none",
		            .now_utc_ms = now },
		.link = { .person_id = person_id, .now_utc_ms = now, .purpose = "first_start" },
		.ret_made = ret_made,
	};
	token_new(token);
	token_hash(token, a.link.hash);
	return writer_do(w, LANE_NORMAL, first_write, &a, why);
}
