/* What a company writes about itself: calling hours, calendars, scorecards, scripts, the simulated
 * customers. First line: the kind; then the JSON. */
#include "fuzz.h"

#include <string.h>

#include "dialer/script.h"
#include "gate/policy.h"
#include "practice/persona.h"
#include "quality/form.h"
#include "quality/score.h"

static void read_policy(const char *text)
{
	struct why why = { 0 };
	static struct policy p;
	if (policy_parse(text, "fuzz", 1, &p, &why)) {
		FUZZ_HOLDS(why.code);
		return;
	}
	for (int kind = 0; kind < DAY_KIND_COUNT; kind++) {
		FUZZ_HOLDS(p.n_hours[kind] <= POLICY_WINDOWS);
		for (size_t i = 0; i < p.n_hours[kind]; i++)
			FUZZ_HOLDS(p.hours[kind][i].from_min >= 0 &&
			           p.hours[kind][i].to_min <= 24 * 60);
	}
	(void)policy_day_kind(&p, 20261122);
	(void)policy_calendar_left(&p, 20261122);
}

static void read_year(const char *text)
{
	struct why why = { 0 };
	static struct policy p;
	p = (struct policy){ 0 };
	for (int year = 2026; year < 2029; year++)
		if (policy_add_year(&p, text, year, &why))
			FUZZ_HOLDS(why.code);
	FUZZ_HOLDS(p.n_off <= POLICY_DAYS && p.n_work <= POLICY_DAYS);
	(void)policy_day_kind(&p, 20261122);
}

static void read_form(const char *text)
{
	struct why why = { 0 };
	struct form *f = NULL;
	if (form_parse("fuzz", 1, text, &f, &why)) {
		FUZZ_HOLDS(why.code && !f);
		return;
	}
	FUZZ_HOLDS(f->n_items <= FORM_ITEMS && f->n_sections <= FORM_SECTIONS &&
	           f->n_fatals <= FORM_FATALS);
	for (int i = 0; i < f->n_items; i++)
		FUZZ_HOLDS(form_item_index(f, f->items[i].key) >= 0);
	form_free(&f);
}

static void read_script(const char *text)
{
	struct why why = { 0 };
	struct script_names names = { "王先生", "1001", "胡椒" };
	json_t *out = NULL, *body = json_loads(text, 0, NULL);
	if (!body)
		return;
	/* Only what the check lets in is ever filled. */
	if (!script_check(body, &why)) {
		if (!script_fill("fuzz", 1, text, &names, &out, &why))
			json_decref(out);
		if (!script_search(text, "jg", &out, &why))
			json_decref(out);
	}
	json_decref(body);
}

static void read_mix(const char *text)
{
	struct why why = { 0 };
	struct persona_mix mix;
	if (persona_mix_read(text, &mix, &why))
		FUZZ_HOLDS(why.code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		const char *kind;
		void (*read)(const char *text);
	} KINDS[] = {
		{ "policy\n", read_policy }, { "year\n", read_year }, { "scorecard\n", read_form },
		{ "script\n", read_script }, { "mix\n", read_mix },
	};
	char *text = fuzz_text(data, size);
	for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
		size_t n = strlen(KINDS[i].kind);
		if (strncmp(text, KINDS[i].kind, n) == 0)
			KINDS[i].read(text + n);
	}
	free(text);
	return 0;
}
