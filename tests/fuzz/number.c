/* Telephone numbers as people type them, and texts that must not let one out. */
#include "fuzz.h"

#include <ctype.h>
#include <string.h>

#include "api/mask.h"
#include "base/text.h"
#include "crm/number.h"
#include "voice/trunk.h"

static void check_number(const struct number *n)
{
	struct number again;
	FUZZ_HOLDS(n->kind < NUMBER_KIND_COUNT && *n->e164 && *n->mask && strlen(n->tail4) <= 4);
	FUZZ_HOLDS(strspn(n->e164, "+0123456789") == strlen(n->e164));
	FUZZ_HOLDS(strcmp(n->mask, n->e164) && strcmp(n->mask, n->national));
	/* What is canonical reads as itself: else one customer is two. */
	FUZZ_HOLDS(!number_parse_one(n->e164, &again, NULL) && !strcmp(again.e164, n->e164));
}

/* The longest run of digits that nothing but a separator cuts. */
static bool has_mobile(const char *text)
{
	size_t run = 0;
	for (const char *p = text; *p; p++) {
		run = isdigit((unsigned char)*p) ? run + 1 : 0;
		bool is_end = !isdigit((unsigned char)p[1]);
		if (run == 11 && is_end && p[-10] == '1' && p[-9] >= '3')
			return true;
	}
	return false;
}

static void on_the_wire(const char *text, uint8_t how)
{
	struct trunk_cfg t = { .callee_fmt = how % NUMFMT_COUNT,
		               .caller_fmt = how % NUMFMT_COUNT,
		               .country = "86",
		               .local_area = "21",
		               .is_local_stripped = how & 0x80 };
	char wire[64], back[64];
	number_parse(&t, text, back, sizeof back);
	if (!number_format(&t, true, text, wire, sizeof wire, NULL))
		number_parse(&t, wire, back, sizeof back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct numbers all;
	struct why why = { 0 };
	struct str masked = { 0 };
	char *text = fuzz_text(data, size);
	on_the_wire(text, size ? data[size - 1] : 0);
	if (!numbers_parse(text, &all, &why)) {
		FUZZ_HOLDS(all.count >= 1 && all.count <= NUMBERS_MAX);
		for (size_t i = 0; i < all.count; i++)
			check_number(&all.n[i]);
	} else {
		FUZZ_HOLDS(why.code);
	}
	number_mask_text(text, &masked);
	FUZZ_HOLDS(str_ok(&masked));
	mask_numbers(text, strlen(text));
	FUZZ_HOLDS(!has_mobile(text));
	mask_whole(text, strlen(text));
	str_free(&masked);
	free(text);
	return 0;
}
