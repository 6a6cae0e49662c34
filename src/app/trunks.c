#include "app/trunks.h"

#include "base/log.h"
#include "call/trunk_row.h"

static enum err set_one(const struct trunk_row *row, void *ctx, struct why *why)
{
	struct why refused = { 0 };
	(void)why;
	if (row->is_enabled && trunk_set(ctx, &row->cfg, &refused))
		log_error("app", "trunk_refused", LOG_ID("trunk", row->id), LOG_WHY(&refused));
	return ERR_OK;
}

enum err trunks_load(struct voice *v, struct db *db, const struct vault *vault, struct why *why)
{
	return trunk_each(db, vault, set_one, v, why);
}

void trunks_on_event(void *ctx, const struct trunk_event *ev)
{
	(void)ctx;
	log_info("app", "trunk", LOG_ID("trunk", ev->trunk_id), LOG_I("state", ev->status.state),
	         LOG_I("sip_code", ev->status.last_sip_code), LOG_S("text", ev->status.text));
}
