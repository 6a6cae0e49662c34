/* Bodies through the real table: "POST /api/v1/campaigns", then the JSON. What the route takes is
 * checked, and the same value is pushed through what the route answers: nothing may leave with a
 * telephone number in it. */
#include "fuzz.h"

#include <ctype.h>
#include <string.h>

#include "api/field_int.h"
#include "api/req_int.h"
#include "api/router.h"

enum { LINE_BYTES = 128 };

static bool find_route(const uint8_t *data, size_t size, struct match *ret, size_t *ret_body)
{
	static size_t n;
	static const struct api_area *const *areas;
	struct why why;
	char line[LINE_BYTES];
	if (!areas)
		areas = api_areas(&n);
	const uint8_t *nl = size ? memchr(data, '\n', size) : NULL;
	size_t len = nl ? (size_t)(nl - data) : 0;
	if (len == 0 || len >= sizeof line)
		return false;
	memcpy(line, data, len);
	line[len] = '\0';
	char *path = strchr(line, ' ');
	if (!path)
		return false;
	*path++ = '\0';
	*ret_body = len + 1;
	return !route_match(areas, n, http_method_parse(line), path, ret, &why);
}

/* Eleven digits in a row that read as a mobile number, in text and not in an id. */
static bool has_mobile(const char *p)
{
	for (size_t run = 0; *p; p++) {
		run = isdigit((unsigned char)*p) ? run + 1 : 0;
		if (run == 11 && !isdigit((unsigned char)p[1]) && p[-10] == '1' && p[-9] >= '3')
			return true;
	}
	return false;
}

static bool has_plain_number(const struct field *fields)
{
	for (const struct field *f = fields; f && f->type != FT_END; f++) {
		if (f->type == FT_ID || f->type == FT_IDS || f->type == FT_INT ||
		    f->type == FT_INTS || f->type == FT_REAL || f->type == FT_MAP ||
		    f->type == FT_JSON)
			return true;
		if (f->of && has_plain_number(f->of))
			return true;
	}
	return false;
}

static void write_reply(const json_t *obj, const struct field *fields)
{
	char bad[FIELD_PATH_BYTES];
	struct str out = { 0 };
	json_error_t at;
	if (fields_write(&out, obj, fields, ROLE_AGENT, bad)) {
		json_t *again = json_loads(str_text(&out), JSON_DECODE_ANY, &at);
		FUZZ_HOLDS(again);
		FUZZ_HOLDS(has_plain_number(fields) || !has_mobile(str_text(&out)));
		json_decref(again);
	}
	str_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct match m;
	struct why why = { 0 };
	json_t *body = NULL;
	size_t at;
	if (!find_route(data, size, &m, &at))
		return 0;
	if (json_read((const char *)data + at, size - at, &body, &why)) {
		FUZZ_HOLDS(why.code);
		return 0;
	}
	if (json_is_object(body)) {
		struct field_errors fe = { 0 };
		fields_check(body, m.route->body, &fe);
		for (size_t i = 0; i < fe.n && i < FIELD_ERRORS; i++)
			FUZZ_HOLDS(fe.at[i].why.code);
		const struct field *reply = m.route->list ? m.route->list : m.route->reply;
		if (reply)
			write_reply(body, reply);
	}
	json_decref(body);
	return 0;
}
