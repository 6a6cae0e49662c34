#include "event/outbox.h"

static enum err next_seq(struct tx *tx, struct why *why)
{
	const struct val at[] = { V_INT(tx_node(tx)), V_INT(tx_stream(tx)) };
	int64_t changed = 0;
	enum err e = db_exec(
	    tx_db(tx), "UPDATE outbox_stream SET seq = seq + 1 WHERE node = ?1 AND stream = ?2", at,
	    2, &changed, why);
	if (e || changed)
		return e;
	return db_exec(tx_db(tx),
	               "INSERT INTO outbox_stream (node, stream, seq) VALUES (?1, ?2, 1)", at, 2,
	               NULL, why);
}

enum err outbox_add(struct tx *tx, const char *kind, int64_t subject_id, int64_t cell_id,
                    int64_t at_utc_ms, const char *body, struct why *why)
{
	enum err e = next_seq(tx, why);
	if (e)
		return e;
	return db_exec(
	    tx_db(tx),
	    "INSERT INTO outbox (node, stream, seq, kind, subject_id, cell_id, at_utc_ms, body) "
	    "VALUES (?1, ?2, (SELECT seq FROM outbox_stream WHERE node = ?1 AND stream = ?2), ?3, "
	    "?4, ?5, ?6, ?7)",
	    ARGS(V_INT(tx_node(tx)), V_INT(tx_stream(tx)), V_TEXT(kind), V_INT(subject_id),
	         V_INT(cell_id), V_INT(at_utc_ms), V_TEXT(body ? body : "{}")),
	    NULL, why);
}

struct cursor {
	const char *consumer;
	int64_t node, stream, seq;
};

static enum err move_cursor(struct tx *tx, const void *arg, struct why *why)
{
	const struct cursor *c = arg;
	return db_exec(
	    tx_db(tx),
	    "INSERT INTO outbox_cursor (consumer, node, stream, seq) VALUES (?1, ?2, ?3, ?4) "
	    "ON CONFLICT (consumer, node, stream) DO UPDATE SET seq = excluded.seq",
	    ARGS(V_TEXT(c->consumer), V_INT(c->node), V_INT(c->stream), V_INT(c->seq)), NULL, why);
}

static struct event event_of(const struct rows *r)
{
	return (struct event){
		.node = rows_int(r, 0),
		.stream = rows_int(r, 1),
		.seq = rows_int(r, 2),
		.kind = rows_text(r, 3),
		.subject_id = rows_int(r, 4),
		.cell_id = rows_int(r, 5),
		.at_utc_ms = rows_int(r, 6),
		.body = rows_text(r, 7),
	};
}

/* Gives the events of one stream and moves c->seq along. */
static enum err give(struct db *db, struct cursor *c, int64_t max, outbox_fn *fn, void *ctx,
                     int *seen, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(
	    db,
	    "SELECT node, stream, seq, kind, subject_id, cell_id, at_utc_ms, body FROM outbox "
	    "WHERE node = ?1 AND stream = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4",
	    ARGS(V_INT(c->node), V_INT(c->stream), V_INT(c->seq), V_INT(max)), &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct event ev = event_of(r);
		e = fn(&ev, ctx, why);
		if (!e) {
			c->seq = ev.seq;
			(*seen)++;
		}
	}
	return e == ERR_END ? ERR_OK : e;
}

static enum err read_stream(struct db *db, struct writer *w, struct cursor c, int64_t max,
                            outbox_fn *fn, void *ctx, int *seen, struct why *why)
{
	int64_t from = c.seq;
	enum err e = give(db, &c, max, fn, ctx, seen, why);
	/* What succeeded is kept even when a later event failed. */
	enum err moved =
	    c.seq > from ? writer_do(w, LANE_NORMAL, move_cursor, &c, e ? NULL : why) : ERR_OK;
	return e ? e : moved;
}

enum err outbox_read(struct db *db, struct writer *w, const char *consumer, int max, outbox_fn *fn,
                     void *ctx, int *ret_seen, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	*ret_seen = 0;
	enum err e = db_query(db,
	                      "SELECT s.node, s.stream, COALESCE(c.seq, 0) FROM outbox_stream s "
	                      "LEFT JOIN outbox_cursor c "
	                      "ON c.consumer = ?1 AND c.node = s.node AND c.stream = s.stream "
	                      "WHERE s.seq > COALESCE(c.seq, 0) ORDER BY s.node, s.stream",
	                      ARGS(V_TEXT(consumer)), &r, why);
	while (!e && *ret_seen < max && !(e = rows_next(r, why))) {
		struct cursor c = { consumer, rows_int(r, 0), rows_int(r, 1), rows_int(r, 2) };
		e = read_stream(db, w, c, max - *ret_seen, fn, ctx, ret_seen, why);
	}
	return e == ERR_END ? ERR_OK : e;
}

enum err outbox_prune(struct tx *tx, int64_t before_utc_ms, int64_t *ret_deleted, struct why *why)
{
	return db_exec(
	    tx_db(tx),
	    "DELETE FROM outbox WHERE (node, stream, seq) IN (SELECT node, stream, seq FROM outbox "
	    "WHERE at_utc_ms < ?1 ORDER BY at_utc_ms, node, stream, seq LIMIT 500)",
	    ARGS(V_INT(before_utc_ms)), ret_deleted, why);
}
