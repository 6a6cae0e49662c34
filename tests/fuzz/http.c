/* What a request says before anybody logged in: method, path, query, headers. The input is a
 * request head as text: "GET /api/v1/calls?page=2", then "Name: value" lines. */
#include "fuzz.h"

#include <string.h>
#include <strings.h>

#include "api/field_int.h"
#include "api/http_text.h"
#include "api/req_int.h"
#include "api/router.h"

static void check_query(const struct route *r, char *query)
{
	struct field_errors fe = { 0 };
	json_t *values = json_object();
	char *save = NULL;
	for (char *p = strtok_r(query, "&", &save); p; p = strtok_r(NULL, "&", &save)) {
		char *eq = strchr(p, '=');
		if (eq)
			*eq = '\0';
		field_from_text(r->query, p, eq ? eq + 1 : "", values, &fe);
	}
	json_decref(values);
}

static void check_line(char *line)
{
	static size_t n;
	static const struct api_area *const *areas;
	struct match m;
	struct why why = { 0 };
	if (!areas)
		areas = api_areas(&n);
	char *path = strchr(line, ' ');
	if (!path)
		return;
	*path++ = '\0';
	char *query = strchr(path, '?');
	if (query)
		*query++ = '\0';
	if (route_match(areas, n, http_method_parse(line), path, &m, &why)) {
		FUZZ_HOLDS(why.code);
		return;
	}
	FUZZ_HOLDS(m.route && m.area && m.n <= PATH_PARAMS);
	if (query)
		check_query(m.route, query);
}

static void check_header(const char *name, const char *value)
{
	char text[128];
	int64_t from, len;
	if (!strcasecmp(name, "Cookie")) {
		if (cookie_get(value, "hujiao", text, sizeof text))
			FUZZ_HOLDS(*text && strlen(text) < sizeof text && !strchr(text, ';'));
	} else if (!strcasecmp(name, "Range")) {
		for (int64_t size = 0; size <= 100000; size = size * 7 + 1)
			if (range_parse(value, size, &from, &len) == RANGE_PART)
				FUZZ_HOLDS(from >= 0 && len > 0 && from + len <= size);
	} else if (!strcasecmp(name, "Origin")) {
		if (origin_is_own(value, "crm.example:8443", true))
			FUZZ_HOLDS(!strcasecmp(value + 8, "crm.example:8443"));
	} else if (!strcasecmp(name, "User-Agent")) {
		browser_name(value, text, sizeof text);
		FUZZ_HOLDS(strlen(text) < sizeof text);
	} else {
		(void)lang_from_accept(value);
		(void)type_is_json(value);
		disposition(value, text, sizeof text);
		FUZZ_HOLDS(strlen(text) < sizeof text && !strpbrk(text, "\r\n\""));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *save = NULL;
	char *line = strtok_r(text, "\n", &save);
	if (line)
		check_line(line);
	while ((line = strtok_r(NULL, "\n", &save))) {
		char *value = strstr(line, ": ");
		if (!value)
			continue;
		*value = '\0';
		check_header(line, value + 2);
	}
	free(text);
	return 0;
}
