#include "gate/gate.h"

struct rule_name {
	const char *key, *zh, *en;
};

static const struct rule_name NAMES[GATE_RULE_COUNT] = {
#define X(name, key, zh, en) { key, zh, en },
	GATE_RULES(X)
#undef X
};

const char *gate_verdict_text(const struct gate_verdict *v)
{
	return v->code ? err_code_name(v->code) : "ok";
}

/* What a check says beside its title; "" when it passed. */
static const char *sentence(const struct gate_check *c, enum lang lang, char *buf, size_t size)
{
	if (c->is_skipped)
		return lang == LANG_ZH ? "尚未选定线路" : "no line chosen yet";
	return c->why.code ? why_text(&c->why, lang, buf, size) : "";
}

static void write_check(const struct gate_check *c, struct jw *w)
{
	char buf[500];
	jw_obj(w, NULL);
	jw_str(w, "code", NAMES[c->rule].key);
	jw_bool(w, "ok", !c->why.code);
	jw_bool(w, "skipped", c->is_skipped);
	jw_str(w, "zh", NAMES[c->rule].zh);
	jw_str(w, "en", NAMES[c->rule].en);
	jw_str(w, "detail_zh", sentence(c, LANG_ZH, buf, sizeof buf));
	jw_str(w, "detail_en", sentence(c, LANG_EN, buf, sizeof buf));
	jw_end_obj(w);
}

static const struct gate_check *refusal(const struct gate_verdict *v)
{
	for (int r = 0; r < GATE_RULE_COUNT; r++) {
		if (v->check[r].why.code)
			return &v->check[r];
	}
	return NULL;
}

void gate_explain(const struct gate_verdict *v, struct jw *w, const char *key)
{
	const struct gate_check *c = refusal(v);
	char zh[400] = "", en[400] = "";
	if (c) {
		why_text(&c->why, LANG_ZH, zh, sizeof zh);
		why_text(&c->why, LANG_EN, en, sizeof en);
	}
	jw_obj(w, key);
	jw_bool(w, "dialable", !c);
	jw_str(w, "code", gate_verdict_text(v));
	jw_str(w, "detail_zh", zh);
	jw_str(w, "detail_en", en);
	if (v->again_utc_ms)
		jw_int(w, "next_possible_utc_ms", v->again_utc_ms);
	else
		jw_null(w, "next_possible_utc_ms");
	jw_int(w, "policy_version", v->policy_version);
	jw_arr(w, "checks");
	for (int r = 0; r < GATE_RULE_COUNT; r++)
		write_check(&v->check[r], w);
	jw_end_arr(w);
	jw_end_obj(w);
}
