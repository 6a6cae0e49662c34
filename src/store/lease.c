#include "store/lease.h"

#include <stdio.h>

#include "base/str.h"

static enum err cell_fail(enum err_code code, int64_t cell_id, struct why *why)
{
	char what[40];
	snprintf(what, sizeof what, "cell %lld", (long long)cell_id);
	return fail(why, code, what);
}

enum err lease_take(struct tx *tx, struct lease *l, const struct lease *seen, int64_t now_utc_ms,
                    struct why *why)
{
	struct db *db = tx_db(tx);
	int64_t changed = 0;
	enum err e = db_exec(
	    db,
	    "INSERT INTO lease (cell_id, node, epoch, expires_utc_ms) VALUES (?1, ?2, 0, 0) "
	    "ON CONFLICT (cell_id) DO NOTHING",
	    ARGS(V_INT(l->cell_id), V_INT(l->node)), NULL, why);
	if (!e)
		e = db_exec(db,
		            "UPDATE lease SET node = ?2, epoch = epoch + 1, expires_utc_ms = ?3 "
		            "WHERE cell_id = ?1 AND (node = ?2 OR expires_utc_ms = 0 "
		            "OR (epoch = ?4 AND expires_utc_ms = ?5))",
		            ARGS(V_INT(l->cell_id), V_INT(l->node), V_INT(now_utc_ms + LEASE_MS),
		                 V_INT(seen ? seen->epoch : -1),
		                 V_INT(seen ? seen->expires_utc_ms : -1)),
		            &changed, why);
	if (!e && !changed)
		return cell_fail(E_LEASE_HELD, l->cell_id, why);
	if (!e)
		e = db_int(db, "SELECT epoch FROM lease WHERE cell_id = ?1",
		           ARGS(V_INT(l->cell_id)), &l->epoch, why);
	if (!e)
		l->expires_utc_ms = now_utc_ms + LEASE_MS;
	return e;
}

enum err lease_look(struct db *db, int64_t cell_id, struct lease *ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	*ret = (struct lease){ .cell_id = cell_id };
	enum err e =
	    db_query(db, "SELECT node, epoch, expires_utc_ms FROM lease WHERE cell_id = ?1",
	             ARGS(V_INT(cell_id)), &r, why);
	if (e || (e = rows_next(r, why)))
		return e == ERR_END ? ERR_OK : e;
	ret->node = rows_int(r, 0);
	ret->epoch = rows_int(r, 1);
	ret->expires_utc_ms = rows_int(r, 2);
	return ERR_OK;
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

/* ---- nodes ---- */

static enum err find_node(struct db *db, const char *owner, int64_t now_utc_ms, int64_t *ret,
                          struct why *why)
{
	int64_t most = 0;
	enum err e =
	    db_int(db, "SELECT MIN(id) FROM node WHERE owner = ?1", ARGS(V_TEXT(owner)), ret, why);
	if (e || *ret)
		return e;
	if ((e = db_int(db, "SELECT MAX(id) FROM node", NOARGS, &most, why)))
		return e;
	*ret = most < NODE_LEAST ? NODE_LEAST : most + 1;
	if (*ret <= NODE_MOST)
		return ERR_OK;
	e = db_int(
	    db, "SELECT id FROM node WHERE expires_utc_ms < ?1 ORDER BY expires_utc_ms, id LIMIT 1",
	    ARGS(V_INT(now_utc_ms)), ret, why);
	return e == ERR_NOT_FOUND ? fail(why, E_NODES_ALL) : e;
}

enum err node_take(struct tx *tx, const char *owner, const char *addr, int64_t now_utc_ms,
                   int64_t *ret_node, struct why *why)
{
	int64_t node = 0;
	enum err e = find_node(tx_db(tx), owner, now_utc_ms, &node, why);
	if (!e)
		e = db_exec(
		    tx_db(tx),
		    "INSERT INTO node (id, owner, epoch, expires_utc_ms, addr) "
		    "VALUES (?1, ?2, 1, ?3, ?4) ON CONFLICT (id) DO UPDATE SET "
		    "owner = excluded.owner, epoch = node.epoch + 1, "
		    "expires_utc_ms = excluded.expires_utc_ms, addr = excluded.addr",
		    ARGS(V_INT(node), V_TEXT(owner), V_INT(now_utc_ms + LEASE_MS), V_TEXT(addr)),
		    NULL, why);
	if (!e)
		*ret_node = node;
	return e;
}

enum err node_renew(struct tx *tx, int64_t node, int64_t now_utc_ms, struct why *why)
{
	return db_exec(tx_db(tx), "UPDATE node SET expires_utc_ms = ?2 WHERE id = ?1",
	               ARGS(V_INT(node), V_INT(now_utc_ms + LEASE_MS)), NULL, why);
}

enum err cell_addr(struct db *db, int64_t cell_id, char ret[NODE_ADDR_BYTES], struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	ret[0] = '\0';
	enum err e = db_query(db,
	                      "SELECT n.addr FROM lease l JOIN node n ON n.id = l.node "
	                      "WHERE l.cell_id = ?1 AND l.expires_utc_ms > 0",
	                      ARGS(V_INT(cell_id)), &r, why);
	if (e || (e = rows_next(r, why)))
		return e == ERR_END ? ERR_OK : e;
	str_copy(ret, NODE_ADDR_BYTES, rows_text(r, 0));
	return ERR_OK;
}
