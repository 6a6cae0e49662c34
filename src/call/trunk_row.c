#include "call/trunk_row.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "gate/vault.h"

/* ---- the fields ---- */

static const char *const TRANSPORTS[] = {
	[TRUNK_UDP] = "udp", [TRUNK_TCP] = "tcp", [TRUNK_TLS] = "tls"
};
static const char *const IDENTITIES[] = {
	[IDENTITY_FROM] = "from", [IDENTITY_PAI] = "pai", [IDENTITY_PPI] = "ppi"
};

static int index_of(const char *const *names, int n, const char *text)
{
	int i = 0;
	while (i < n && strcmp(names[i], text) != 0)
		i++;
	return i;
}

static const char *transport_code(int v)
{
	return TRANSPORTS[v];
}
static int transport_parse(const char *text)
{
	return index_of(TRANSPORTS, TRUNK_TLS + 1, text);
}
static const char *identity_code(int v)
{
	return IDENTITIES[v];
}
static int identity_parse(const char *text)
{
	return index_of(IDENTITIES, IDENTITY_PPI + 1, text);
}
static const char *number_code(int v)
{
	return numfmt_code((enum numfmt)v);
}
static int number_parse_code(const char *text)
{
	return (int)numfmt_parse(text);
}
#define numfmt_code number_code
#define numfmt_parse number_parse_code

enum field_kind { FIELD_TEXT, FIELD_INT, FIELD_BOOL, FIELD_CODE };

struct trunk_field {
	const char *name;
	enum field_kind kind;
	size_t offset, bytes;
	int64_t min, max;
	const char *(*code)(int);
	int (*parse)(const char *);
};

#define AT(m) offsetof(struct trunk_cfg, m), sizeof(((struct trunk_cfg *)0)->m)
static const struct trunk_field FIELDS[] = {
#define TEXT(n) { .name = #n, .kind = FIELD_TEXT, AT(n) },
#define INT(n, lo, hi) { #n, FIELD_INT, AT(n), (lo), (hi), NULL, NULL },
#define BOOL(n) { .name = #n, .kind = FIELD_BOOL, AT(n) },
#define CODE(n, to, from, count) { #n, FIELD_CODE, AT(n), 0, (count), to, from },
#include "call/trunk_fields.def"
#undef TEXT
#undef INT
#undef BOOL
#undef CODE
};
#undef numfmt_code
#undef numfmt_parse
enum { FIELD_COUNT = sizeof FIELDS / sizeof FIELDS[0] };

static enum err read_field(const struct trunk_field *f, const json_t *o, struct trunk_cfg *c,
                           struct why *why)
{
	void *at = (char *)c + f->offset;
	const char *text = "";
	int64_t n = 0;
	bool on = false;
	enum err e;
	if (!json_object_get(o, f->name))
		return ERR_OK;
	switch (f->kind) {
	case FIELD_TEXT:
		if ((e = json_opt_str(o, f->name, "", &text, why)))
			return e;
		if (strlen(text) >= f->bytes)
			return fail(why, E_FIELD_INVALID, f->name, "too long");
		str_copy(at, f->bytes, text);
		return ERR_OK;
	case FIELD_INT:
		e = json_opt_int(o, f->name, f->min, f->max, 0, &n, why);
		*(int *)at = (int)n;
		return e;
	case FIELD_BOOL:
		e = json_opt_bool(o, f->name, false, &on, why);
		*(bool *)at = on;
		return e;
	case FIELD_CODE:
		break;
	}
	if ((e = json_get_str(o, f->name, &text, why)))
		return e;
	int v = f->parse(text);
	if (v >= f->max)
		return fail(why, E_FIELD_INVALID, f->name, text);
	*(int *)at = v; /* enums are ints here */
	return ERR_OK;
}

static enum err read_sources(const json_t *o, struct trunk_cfg *c, struct why *why)
{
	const json_t *list = json_object_get(o, "sources");
	if (json_array_size(list) > TRUNK_SOURCES)
		return fail(why, E_FIELD_INVALID, "sources", "more than 16");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (!text || strlen(text) >= sizeof c->sources[i])
			return fail(why, E_FIELD_INVALID, "sources",
			            "addresses like 10.1.2.3 or 10.1.2.0/24");
		str_copy(c->sources[i], sizeof c->sources[i], text);
	}
	return ERR_OK;
}

static const char *const CODECS[CODEC_COUNT] = { [CODEC_PCMA] = "PCMA", [CODEC_PCMU] = "PCMU" };

static enum err read_codecs(const json_t *o, struct trunk_cfg *c, struct why *why)
{
	const json_t *list = json_object_get(o, "codecs");
	if (json_array_size(list) > CODEC_COUNT)
		return fail(why, E_FIELD_INVALID, "codecs", "PCMA and PCMU, each once");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		int v = text ? index_of(CODECS, CODEC_COUNT, text) : CODEC_COUNT;
		if (v == CODEC_COUNT)
			return fail(why, E_FIELD_INVALID, "codecs", "PCMA or PCMU");
		c->codecs[c->codec_count++] = (enum codec)v;
	}
	return ERR_OK;
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (strcmp(FIELDS[i].name, name) == 0)
			return true;
	return strcmp(name, "sources") == 0 || strcmp(name, "codecs") == 0;
}

/* A name or an address and nothing else: neither a URL nor what ends a header. */
static bool is_host(const char *text)
{
	return text[strspn(text,
	                   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:")] ==
	       '\0';
}

enum err trunk_cfg_read(const json_t *cfg, struct trunk_cfg *ret, struct why *why)
{
	struct trunk_cfg c = { .id = ret->id };
	const char *name;
	json_t *value;
	enum err e;
	json_object_foreach((json_t *)(uintptr_t)cfg, name, value)
	{
		if (!is_known(name))
			return fail(why, E_FIELD_INVALID, name, "a trunk has no such setting");
	}
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if ((e = read_field(&FIELDS[i], cfg, &c, why)))
			return e;
	if ((e = read_sources(cfg, &c, why)) || (e = read_codecs(cfg, &c, why)))
		return e;
	if (!*c.host)
		return fail(why, E_FIELD_REQUIRED, "host");
	if (!is_host(c.host))
		return fail(why, E_FIELD_INVALID, "host", c.host);
	if (!is_host(c.domain))
		return fail(why, E_FIELD_INVALID, "domain", c.domain);
	*ret = c;
	return ERR_OK;
}

void trunk_cfg_write(const struct trunk_cfg *cfg, struct jw *w)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct trunk_field *f = &FIELDS[i];
		const void *at = (const char *)cfg + f->offset;
		switch (f->kind) {
		case FIELD_TEXT:
			jw_str(w, f->name, at);
			break;
		case FIELD_INT:
			jw_int(w, f->name, *(const int *)at);
			break;
		case FIELD_BOOL:
			jw_bool(w, f->name, *(const bool *)at);
			break;
		case FIELD_CODE:
			jw_str(w, f->name, f->code(*(const int *)at));
			break;
		}
	}
	jw_arr(w, "sources");
	for (size_t i = 0; i < TRUNK_SOURCES && *cfg->sources[i]; i++)
		jw_str(w, NULL, cfg->sources[i]);
	jw_end_arr(w);
	jw_arr(w, "codecs");
	for (int i = 0; i < cfg->codec_count; i++)
		jw_str(w, NULL, CODECS[cfg->codecs[i]]);
	jw_end_arr(w);
}

/* ---- the rows ---- */

#define COLUMNS "id, name, cfg, secret, secret_key_id, enabled, cell_id"

static struct vault_place secret_of(int64_t id)
{
	return (struct vault_place){ .table = "trunk.secret", .id = id };
}

static enum err read_secret(const struct rows *r, const struct vault *v, struct trunk_row *row,
                            struct why *why)
{
	size_t n = 0;
	const void *sealed = rows_bytes(r, 3, &n);
	row->has_secret = !rows_null(r, 3);
	if (!v || !row->has_secret)
		return ERR_OK;
	if (n < VAULT_SEAL_BYTES || n - VAULT_SEAL_BYTES >= sizeof row->cfg.secret)
		return fail(why, E_INTERNAL, "trunk secret");
	struct vault_place at = secret_of(row->id);
	return vault_unseal(v, &at, rows_int(r, 4), sealed, n, row->cfg.secret, why);
}

static enum err read_row(const struct rows *r, const struct vault *v, struct trunk_row *row,
                         struct why *why)
{
	CLEANUP(json_cleanup) json_t *cfg = NULL;
	*row = (struct trunk_row){ .id = rows_int(r, 0),
		                   .is_enabled = rows_int(r, 5),
		                   .cell_id = rows_int(r, 6) };
	row->cfg.id = row->id;
	enum err e = json_read_text(rows_text(r, 2), &cfg, why);
	if (e || (e = trunk_cfg_read(cfg, &row->cfg, why)))
		return e;
	str_copy(row->cfg.name, sizeof row->cfg.name, rows_text(r, 1));
	return read_secret(r, v, row, why);
}

enum err trunk_each(struct db *db, const struct vault *v, trunk_row_fn *fn, void *ctx,
                    struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_query(db, "SELECT " COLUMNS " FROM trunk ORDER BY name, id", NOARGS, &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct trunk_row row;
		if ((e = read_row(r, v, &row, why)) || (e = fn(&row, ctx, why)))
			return e;
	}
	return e == ERR_END ? ERR_OK : e;
}

enum err trunk_get(struct db *db, const struct vault *v, int64_t id, struct trunk_row *ret,
                   struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_row(db, "SELECT " COLUMNS " FROM trunk WHERE id = ?1", ARGS(V_INT(id)), &r, why);
	return e ? e : read_row(r, v, ret, why);
}

static enum err save_secret(struct tx *tx, const struct trunk_save *s, struct why *why)
{
	unsigned char sealed[sizeof s->cfg->secret + VAULT_SEAL_BYTES];
	size_t n = strlen(s->cfg->secret);
	struct vault_place at = secret_of(s->id);
	int64_t key_id = vault_seal(s->vault, &at, s->cfg->secret, n, sealed);
	return db_exec(tx_db(tx), "UPDATE trunk SET secret = ?1, secret_key_id = ?2 WHERE id = ?3",
	               ARGS(V_BYTES(sealed, n + VAULT_SEAL_BYTES), V_INT(key_id), V_INT(s->id)),
	               NULL, why);
}

enum err trunk_save(struct tx *tx, const struct trunk_save *s, struct why *why)
{
	struct str cfg = { 0 };
	struct jw w = { .out = &cfg };
	jw_obj(&w, NULL);
	trunk_cfg_write(s->cfg, &w);
	jw_end_obj(&w);
	int64_t changed = 0;
	enum err e;
	if (!str_ok(&cfg))
		e = fail(why, E_NOMEM);
	else if (s->is_new)
		e = db_exec(tx_db(tx),
		            "INSERT INTO trunk (id, name, cfg, enabled, cell_id) VALUES (?1, ?2, "
		            "?3, ?4, ?5) "
		            "ON CONFLICT (id) DO NOTHING",
		            ARGS(V_INT(s->id), V_TEXT(s->cfg->name), V_TEXT(str_text(&cfg)),
		                 V_BOOL(s->is_enabled), V_INT(s->cell_id)),
		            NULL, why);
	else if (!(e = db_exec(tx_db(tx),
	                       "UPDATE trunk SET name = ?1, cfg = ?2, enabled = ?3 WHERE id = ?4",
	                       ARGS(V_TEXT(s->cfg->name), V_TEXT(str_text(&cfg)),
	                            V_BOOL(s->is_enabled), V_INT(s->id)),
	                       &changed, why)) &&
	         !changed)
		e = fail(why, E_ROW_NONE);
	str_free(&cfg);
	return e || !s->is_secret_set ? e : save_secret(tx, s, why);
}

/* ---- caller numbers ---- */

enum err caller_numbers_write(struct db *db, int64_t trunk_id, struct jw *w, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(
	    db,
	    "SELECT id, number, purpose FROM caller_number WHERE trunk_id = ?1 ORDER BY number, id",
	    ARGS(V_INT(trunk_id)), &r, why);
	while (!e && !(e = rows_next(r, why))) {
		jw_obj(w, NULL);
		jw_id(w, "id", rows_int(r, 0));
		jw_str(w, "number", rows_text(r, 1));
		jw_str(w, "purpose", rows_text(r, 2));
		jw_end_obj(w);
	}
	return e == ERR_END ? ERR_OK : e;
}

static bool is_e164(const char *t)
{
	size_t n = strspn(t + (*t == '+'), "0123456789");
	return *t == '+' && n >= 3 && n <= 15 && t[n + 1] == '\0';
}

enum err caller_number_add(struct tx *tx, int64_t id, int64_t trunk_id, const char *e164,
                           const char *purpose, int64_t from_utc_ms, struct why *why)
{
	if (!is_e164(e164))
		return fail(why, E_FIELD_INVALID, "number", "+ and 3 to 15 digits");
	return db_exec(
	    tx_db(tx),
	    "INSERT INTO caller_number (id, trunk_id, number, purpose, valid_from_utc_ms) "
	    "SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS "
	    "(SELECT 1 FROM caller_number c WHERE c.trunk_id = ?2 AND c.number = ?3)",
	    ARGS(V_INT(id), V_INT(trunk_id), V_TEXT(e164), V_TEXT(purpose), V_INT(from_utc_ms)),
	    NULL, why);
}

/* A line at a time: what is being read is not written. @return ERR_END when all are under the
 * newest key */
static enum err reseal_next(struct tx *tx, const struct vault *v, struct why *why)
{
	static const char NEXT[] =
	    "SELECT id, secret, secret_key_id FROM trunk WHERE secret IS NOT NULL "
	    "AND secret_key_id <> ?1 ORDER BY id LIMIT 1";
	CLEANUP(rows_free) struct rows *r = NULL;
	char secret[sizeof((struct trunk_row *)0)->cfg.secret];
	size_t n = 0;
	enum err e = db_row(tx_db(tx), NEXT, ARGS(V_INT(vault_newest(v))), &r, why);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_END : e;
	int64_t id = rows_int(r, 0);
	const void *sealed = rows_bytes(r, 1, &n);
	struct vault_place at = secret_of(id);
	unsigned char again[sizeof secret + VAULT_SEAL_BYTES];
	if (n < VAULT_SEAL_BYTES || n > sizeof again)
		return fail(why, E_INTERNAL, "trunk secret");
	if ((e = vault_unseal(v, &at, rows_int(r, 2), sealed, n, secret, why)))
		return e;
	rows_free(&r);
	int64_t key_id = vault_seal(v, &at, secret, n - VAULT_SEAL_BYTES, again);
	crypto_wipe(secret, sizeof secret);
	return db_exec(tx_db(tx), "UPDATE trunk SET secret = ?1, secret_key_id = ?2 WHERE id = ?3",
	               ARGS(V_BYTES(again, n), V_INT(key_id), V_INT(id)), NULL, why);
}

enum err trunk_reseal(struct tx *tx, const struct vault *v, struct why *why)
{
	enum err e;
	while (!(e = reseal_next(tx, v, why)))
		;
	return e == ERR_END ? ERR_OK : e;
}
