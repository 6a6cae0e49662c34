#include "gate/gate.h"

#include <stdio.h>

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

/* "勿扰名单：在勿扰名单中：投诉" */
static const char *sentence(const struct gate_check *c, enum lang lang, char *buf, size_t size)
{
	char why[400];
	bool zh = lang == LANG_ZH;
	const struct rule_name *n = &NAMES[c->rule];
	const char *said = c->why.code     ? why_text(&c->why, lang, why, sizeof why)
	                   : c->is_skipped ? (zh ? "尚未选定线路" : "no line chosen yet")
	                                   : (zh ? "通过" : "passed");
	snprintf(buf, size, zh ? "%s：%s" : "%s: %s", zh ? n->zh : n->en, said);
	return buf;
}

static void write_check(const struct gate_check *c, struct jw *w)
{
	char buf[500];
	jw_obj(w, NULL);
	jw_str(w, "code", NAMES[c->rule].key);
	jw_bool(w, "ok", !c->why.code);
	jw_bool(w, "skipped", c->is_skipped);
	jw_str(w, "zh", sentence(c, LANG_ZH, buf, sizeof buf));
	jw_str(w, "en", sentence(c, LANG_EN, buf, sizeof buf));
	jw_str(w, "detail", c->why.code ? err_code_name(c->why.code) : "");
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
