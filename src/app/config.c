#include "app/config.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct key {
	const char *name, *def, *en, *zh;
	size_t offset;
};

static const struct key KEYS[] = {
#define X(key, def, en, zh) { #key, def, en, zh, offsetof(struct config, key) },
	CONFIG_KEYS(X)
#undef X
};
enum { KEY_COUNT = sizeof KEYS / sizeof KEYS[0], CELL_MOST = 9999 };

static char *field(struct config *c, const struct key *k)
{
	return (char *)c + k->offset;
}

static const struct key *find(const char *name)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (strcmp(KEYS[i].name, name) == 0)
			return &KEYS[i];
	return NULL;
}

void config_defaults(struct config *c)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		snprintf(field(c, &KEYS[i]), CONFIG_VALUE_BYTES, "%s", KEYS[i].def);
}

enum err config_set(struct config *c, const char *key, const char *value, struct why *why)
{
	const struct key *k = find(key);
	if (!k)
		return fail(why, E_CONF_VALUE, key, value, "there is no such setting");
	if (strlen(value) >= CONFIG_VALUE_BYTES)
		return fail(why, E_CONF_VALUE, key, "…", "longer than 511 bytes");
	snprintf(field(c, k), CONFIG_VALUE_BYTES, "%s", value);
	return ERR_OK;
}

static char *trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	char *end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

static enum err read_line(struct config *c, const char *path, char *line, int64_t n,
                          struct why *why)
{
	char *s = trim(line);
	if (!*s || *s == '#')
		return ERR_OK;
	char *eq = strchr(s, '=');
	if (!eq)
		return fail(why, E_CONF_SYNTAX, path, n);
	*eq = '\0';
	const char *key = trim(s);
	if (!find(key))
		return fail(why, E_CONF_KEY, path, n, key);
	return config_set(c, key, trim(eq + 1), why);
}

static void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

enum err config_read(struct config *c, const char *path, struct why *why)
{
	CLEANUP(close_file) FILE *in = fopen(path, "re");
	if (!in)
		return fail(why, E_FILE_OPEN, path, strerror(errno));
	char line[CONFIG_VALUE_BYTES + 64];
	for (int64_t n = 1; fgets(line, sizeof line, in); n++) {
		enum err e = read_line(c, path, line, n, why);
		if (e)
			return e;
	}
	return ferror(in) ? fail(why, E_FILE_READ, path, strerror(errno)) : ERR_OK;
}

uint16_t config_port(const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);
	return *value && !*end && n > 0 && n < 65536 ? (uint16_t)n : 0;
}

int64_t config_cell(const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);
	return *value && !*end && n > 0 && n <= CELL_MOST ? n : 0;
}

bool config_on(const char *value)
{
	return strcmp(value, "on") == 0;
}

enum err config_check(const struct config *c, struct why *why)
{
	if (!config_port(c->http_port))
		return fail(why, E_CONF_VALUE, "http_port", c->http_port,
		            "it is not a port, 1..65535");
	if (!config_port(c->sip_port))
		return fail(why, E_CONF_VALUE, "sip_port", c->sip_port,
		            "it is not a port, 1..65535");
	if (!config_on(c->https) && strcmp(c->https, "off") != 0)
		return fail(why, E_CONF_VALUE, "https", c->https, "it is on or off");
	char addr[CONFIG_VALUE_BYTES];
	int port;
	if (!config_addr_port(c->media_addr, addr, sizeof addr, &port))
		return fail(why, E_CONF_VALUE, "media_addr", c->media_addr,
		            "it is not an address or address:port");
	if (!config_cell(c->cell))
		return fail(why, E_CONF_VALUE, "cell", c->cell, "it is not a number 1..9999");
	return ERR_OK;
}

bool config_addr_port(const char *value, char *ret_addr, size_t size, int *ret_port)
{
	const char *colon = strrchr(value, ':');
	bool is_v6 = value[0] == '[';
	const char *end = is_v6 ? strchr(value, ']') : NULL;
	if (is_v6 && (!end || (end[1] && end[1] != ':')))
		return false;
	if (is_v6)
		colon = end[1] ? end + 1 : NULL;
	else if (colon && strchr(value, ':') != colon)
		colon = NULL; /* an IPv6 address without brackets has no port */
	size_t n = is_v6   ? (size_t)(end - value) - 1
	           : colon ? (size_t)(colon - value)
	                   : strlen(value);
	if (n >= size || (colon && !config_port(colon + 1)))
		return false;
	memcpy(ret_addr, value + is_v6, n);
	ret_addr[n] = '\0';
	*ret_port = colon ? config_port(colon + 1) : 0;
	return true;
}

void config_write(FILE *out, const struct config *c)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const char *value = (const char *)c + KEYS[i].offset;
		bool is_default = strcmp(value, KEYS[i].def) == 0;
		fprintf(out, "# %s\n# %s\n%s%s =%s%s\n\n", KEYS[i].zh, KEYS[i].en,
		        is_default ? "#" : "", KEYS[i].name, *value ? " " : "", value);
	}
}

void config_print_help(FILE *out, enum lang lang)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		fprintf(out, "%-18s %s (%s)\n", KEYS[i].name,
		        lang == LANG_ZH ? KEYS[i].zh : KEYS[i].en,
		        *KEYS[i].def ? KEYS[i].def : "-");
}
