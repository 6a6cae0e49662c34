/* 'Why is he not dialed?': the gate, asked as the dialer would ask it now. */
#include "crm/customer.h"

#include <string.h>

struct plan {
	char purpose[24];
	int64_t caller_number_id;
};

static enum gate_campaign campaign_state(const char *text)
{
	if (strcmp(text, "running") == 0)
		return GATE_CAMPAIGN_RUNNING;
	return strcmp(text, "paused") == 0 ? GATE_CAMPAIGN_PAUSED : GATE_CAMPAIGN_ENDED;
}

static enum err load_campaign(struct db *db, int64_t id, struct gate_facts *f, struct plan *plan,
                              struct why *why)
{
	static const char SQL[] =
	    "SELECT state, purpose, ring_timeout_s, caller_number_id FROM campaign WHERE id = ?1";
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, SQL, ARGS(V_INT(id)), &r, why);
	if (e)
		return e;
	f->campaign = campaign_state(rows_text(r, 0));
	str_copy(plan->purpose, sizeof plan->purpose, rows_text(r, 1));
	f->ring_timeout_s = (int)rows_int(r, 2);
	plan->caller_number_id = rows_int(r, 3);
	f->caller.is_needed = true;
	return ERR_OK;
}

enum err customer_why(const struct scope *sc, struct db *db, const struct policy *p,
                      int64_t customer_id, int64_t campaign_id, int64_t now_utc_ms,
                      struct gate_verdict *ret, struct why *why)
{
	struct plan plan = { .purpose = "marketing" };
	struct gate_facts f = { .now_utc_ms = now_utc_ms, .ring_timeout_s = 30 };
	struct phone phone;
	enum err e = customer_in_scope(sc, db, customer_id, why);
	if (e || (campaign_id && (e = load_campaign(db, campaign_id, &f, &plan, why))))
		return e;
	f.purpose = plan.purpose;
	if ((e = customer_gate_facts(db, customer_id, 0, plan.caller_number_id, &f, &phone, why)))
		return e;
	(void)gate(p, &f, ret, NULL);
	return ERR_OK;
}
