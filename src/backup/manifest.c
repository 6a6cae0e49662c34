#include <stdio.h>
#include <string.h>

#include "backup/backup.h"
#include "base/file.h"
#include "base/json.h"

enum { MANIFEST_MAX = 65536, MANIFEST_FORM = 1 };

enum err manifest_write(const char *dir, const struct manifest *m, struct why *why)
{
	CLEANUP(str_free) struct str text = { 0 };
	char path[BACKUP_PATH_BYTES];
	struct jw w = { .out = &text };
	jw_obj(&w, NULL);
	jw_int(&w, "hujiao_backup", MANIFEST_FORM);
	jw_str(&w, "version", m->version);
	jw_str(&w, "company", m->company);
	jw_int(&w, "made_utc_ms", m->made_utc_ms);
	jw_str(&w, "engine", m->engine);
	jw_int(&w, "schema", m->schema);
	jw_str(&w, "database", m->database);
	jw_int(&w, "database_bytes", m->database_bytes);
	jw_str(&w, "database_sha256", m->database_sum);
	jw_str(&w, "list_sha256", m->list_sum);
	jw_int(&w, "files", m->files);
	jw_int(&w, "file_bytes", m->file_bytes);
	jw_int(&w, "missing", m->missing);
	jw_bool(&w, "has_files", m->has_files);
	jw_bool(&w, "encrypted", false);
	jw_str(&w, "numbers", "sealed by the master key, which is not in this backup");
	jw_end_obj(&w);
	str_addc(&text, '\n');
	snprintf(path, sizeof path, "%s/manifest.json", dir);
	return str_ok(&text) ? file_write_atomic(path, str_text(&text), text.len, 0640, why)
	                     : fail(why, E_NOMEM);
}

static enum err take(const json_t *j, struct manifest *m, const char *path, struct why *why)
{
	if (json_int(j, "hujiao_backup", 0) != MANIFEST_FORM)
		return fail(why, E_BACKUP_DAMAGED, path, "it is no backup of this program");
	str_copy(m->version, sizeof m->version, json_str(j, "version", ""));
	str_copy(m->company, sizeof m->company, json_str(j, "company", ""));
	str_copy(m->engine, sizeof m->engine, json_str(j, "engine", ""));
	str_copy(m->database, sizeof m->database, json_str(j, "database", ""));
	str_copy(m->database_sum, sizeof m->database_sum, json_str(j, "database_sha256", ""));
	str_copy(m->list_sum, sizeof m->list_sum, json_str(j, "list_sha256", ""));
	m->made_utc_ms = json_int(j, "made_utc_ms", 0);
	m->schema = json_int(j, "schema", 0);
	m->database_bytes = json_int(j, "database_bytes", 0);
	m->files = json_int(j, "files", 0);
	m->file_bytes = json_int(j, "file_bytes", 0);
	m->missing = json_int(j, "missing", 0);
	m->has_files = json_bool(j, "has_files", false);
	return strchr(m->database, '/') || !*m->database
	           ? fail(why, E_BACKUP_DAMAGED, path, "'database' is no file name")
	           : ERR_OK;
}

enum err manifest_read(const char *dir, struct manifest *ret, struct why *why)
{
	char path[BACKUP_PATH_BYTES];
	CLEANUP(str_drop) char *text = NULL;
	CLEANUP(json_cleanup) json_t *j = NULL;
	size_t n = 0;
	*ret = (struct manifest){ 0 };
	snprintf(path, sizeof path, "%s/manifest.json", dir);
	enum err e = file_read(path, MANIFEST_MAX, &text, &n, why);
	if (e || (e = json_read(text, n, &j, why)))
		return e;
	return take(j, ret, path, why);
}
