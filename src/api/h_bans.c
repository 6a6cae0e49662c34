/* Addresses that are shut out: seen and lifted by administrators. */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/http_door.h"
#include "api/loop_box.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/metric.h"
#include "store/writer.h"
#include "voice/door.h"

enum { LOOP_WAIT_MS = 1000, SHOWN = 500 };

static const struct field BAN[] = { F_TEXT("door", .one_of = "sip|http|login"),
	                            F_TEXT("addr"),
	                            F_TEXT("why"),
	                            F_TEXT("why_zh"),
	                            F_TEXT("why_en"),
	                            F_INT("since_utc_ms"),
	                            F_INT("until_utc_ms"),
	                            F_INT("offences"),
	                            F_INT("times", .doc = "how often it was shut out lately"),
	                            F_END };
static const struct field LIFT_BODY[] = {
	F_TEXT("addr", .req = true, .min = 1, .max = 50, .doc = "as the list shows it"), F_END
};

/* ---- SIP: asked on the loop ---- */

struct sip_bans {
	int n;
	struct ban_row row[SHOWN];
};

static void keep(void *ctx, const struct ban_row *r)
{
	struct sip_bans *b = ctx;
	if (b->n < SHOWN)
		b->row[b->n] = *r;
	b->n++;
}

static void list_on_loop(struct voice *v, struct loop_box *box)
{
	voice_door_each(v, keep, box_data(box));
	box_finish(box, ERR_OK, NULL);
}

struct sip_lift {
	struct ban_key key;
	bool was;
};

static void lift_on_loop(struct voice *v, struct loop_box *box)
{
	struct sip_lift *l = box_data(box);
	l->was = voice_door_lift(v, &l->key);
	box_finish(box, ERR_OK, NULL);
}

/* ---- the list ---- */

struct list {
	json_t *items;
	int64_t mono_to_utc_ms;
	int n[2];
};

static void add(void *ctx, const char *door, const struct ban_row *r, const char *code,
                const char *zh, const char *en)
{
	struct list *l = ctx;
	char addr[BAN_KEY_TEXT];
	l->n[door[0] != 's']++;
	if (json_array_size(l->items) >= 2 * SHOWN)
		return;
	json_array_append_new(
	    l->items,
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:i}", "door", door, "addr",
	              ban_key_show(&r->key, addr), "why", code, "why_zh", zh, "why_en", en,
	              "since_utc_ms", (json_int_t)(r->since_ms + l->mono_to_utc_ms), "until_utc_ms",
	              (json_int_t)(r->until_ms + l->mono_to_utc_ms), "offences",
	              (json_int_t)r->offences, "times", r->times));
}

static enum err add_sip(struct req *rq, struct list *l, struct why *why)
{
	struct voice *v = req_env(rq)->voice;
	if (!v)
		return ERR_OK;
	CLEANUP(str_drop) struct sip_bans *b = calloc(1, sizeof *b);
	if (!b)
		return fail(why, E_NOMEM);
	enum err e = loop_ask(v, list_on_loop, b, sizeof *b, LOOP_WAIT_MS, why);
	for (int i = 0; !e && i < b->n && i < SHOWN; i++)
		add(l, "sip", &b->row[i], door_why_code(b->row[i].why), door_why_zh(b->row[i].why),
		    door_why_en(b->row[i].why));
	return e;
}

static enum err get_bans(struct req *rq, struct reply *rp, struct why *why)
{
	struct list l = { .items = json_array(),
		          .mono_to_utc_ms = clock_utc_ms() - clock_mono_ms() };
	enum err e = add_sip(rq, &l, why);
	if (e) {
		json_decref(l.items);
		return e;
	}
	http_door_each(rq->api, add, &l);
	reply_list(rp, l.items, (int64_t)json_array_size(l.items), NULL, NULL);
	return ERR_OK;
}

/* ---- lifting ---- */

static enum err audit_write(struct tx *tx, const void *arg, struct why *why)
{
	return audit_add(tx, arg, why);
}

/* "2001:db8::/64" is how the list shows a network. */
static bool key_of(const char *text, struct ban_key *ret)
{
	char addr[64];
	str_copy(addr, sizeof addr, text);
	addr[strcspn(addr, "/")] = '\0';
	return ban_key_addr(addr, ret);
}

static enum err post_lift(struct req *rq, struct reply *rp, struct why *why)
{
	struct sip_lift l = { .was = false };
	CLEANUP(str_drop) char *detail = NULL;
	(void)rp;
	if (!key_of(req_text(rq, "addr"), &l.key)) {
		fail(why, E_FIELD_CHARS, "addr");
		return req_fail_field(rq, "addr", why);
	}
	enum err e = ERR_OK;
	if (req_env(rq)->voice)
		e = loop_ask(req_env(rq)->voice, lift_on_loop, &l, sizeof l, LOOP_WAIT_MS, why);
	if (e)
		return e;
	if (!http_door_lift(rq->api, &l.key) && !l.was)
		return fail(why, E_NOT_FOUND, "ban");
	CLEANUP(json_cleanup) json_t *j = json_pack("{s:s}", "addr", req_text(rq, "addr"));
	struct audit audit = req_audit(rq, "ban.lift", "", 0);
	if ((e = json_write(j, &detail, why)))
		return e;
	audit.detail = detail;
	return writer_do(req_writer(rq), LANE_NORMAL, audit_write, &audit, why);
}

static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/bans", get_bans, .perm = PERM_SETTINGS_EDIT, .list = BAN,
	  .zh = "被封禁的地址", .en = "Addresses that are shut out" },
	{ HTTP_POST, "/api/v1/bans/lift", post_lift, .perm = PERM_SETTINGS_EDIT, .body = LIFT_BODY,
	  .zh = "解除封禁", .en = "Let an address in again" },
	ROUTE_END,
};

const struct api_area API_BANS = { .tag = "bans", .routes = ROUTES };
