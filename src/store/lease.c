#include "store/lease.h"

#include <stdio.h>

static enum err cell_fail(enum err_code code, int64_t cell_id, struct why *why)
{
	char what[40];
	snprintf(what, sizeof what, "cell %lld", (long long)cell_id);
	return fail(why, code, what);
}

enum err lease_take(struct tx *tx, struct lease *l, int64_t now_utc_ms, struct why *why)
{
	struct db *db = tx_db(tx);
	int64_t changed = 0;
	const struct val args[] = { V_INT(l->cell_id), V_INT(l->node), V_INT(now_utc_ms + LEASE_MS),
		                    V_INT(now_utc_ms) };
	enum err e = db_exec(
	    db,
	    "INSERT INTO lease (cell_id, node, epoch, expires_utc_ms) VALUES (?1, ?2, 0, 0) "
	    "ON CONFLICT (cell_id) DO NOTHING",
	    args, 2, NULL, why);
	if (!e)
		e = db_exec(db,
		            "UPDATE lease SET node = ?2, epoch = epoch + 1, expires_utc_ms = ?3 "
		            "WHERE cell_id = ?1 AND (node = ?2 OR expires_utc_ms <= ?4)",
		            args, 4, &changed, why);
	if (!e && !changed)
		return cell_fail(E_LEASE_HELD, l->cell_id, why);
	if (!e)
		e = db_int(db, "SELECT epoch FROM lease WHERE cell_id = ?1", args, 1, &l->epoch,
		           why);
	if (!e)
		l->expires_utc_ms = now_utc_ms + LEASE_MS;
	return e;
}

enum err lease_renew(struct tx *tx, struct lease *l, int64_t now_utc_ms, struct why *why)
{
	int64_t changed = 0;
	enum err e = db_exec(
	    tx_db(tx), "UPDATE lease SET expires_utc_ms = ?3 WHERE cell_id = ?1 AND epoch = ?2",
	    ARGS(V_INT(l->cell_id), V_INT(l->epoch), V_INT(now_utc_ms + LEASE_MS)), &changed, why);
	if (!e && !changed)
		return cell_fail(E_LEASE_LOST, l->cell_id, why);
	if (!e)
		l->expires_utc_ms = now_utc_ms + LEASE_MS;
	return e;
}

enum err lease_give_back(struct tx *tx, const struct lease *l, struct why *why)
{
	return db_exec(tx_db(tx),
	               "UPDATE lease SET expires_utc_ms = 0 WHERE cell_id = ?1 AND epoch = ?2",
	               ARGS(V_INT(l->cell_id), V_INT(l->epoch)), NULL, why);
}

enum err lease_check(struct tx *tx, int64_t cell_id, int64_t epoch, struct why *why)
{
	int64_t n;
	enum err e =
	    db_int(tx_db(tx), "SELECT COUNT(*) FROM lease WHERE cell_id = ?1 AND epoch = ?2",
	           ARGS(V_INT(cell_id), V_INT(epoch)), &n, why);
	return !e && !n ? cell_fail(E_LEASE_LOST, cell_id, why) : e;
}
