/* profile/settings.h -- the company's settings: one typed row each in settings.def.
 *
 * A snapshot has a field per row; an edit makes a version (kind "setting"), so it is in effect from
 * a moment and has an author. Loops get a new snapshot by mailbox. */
#ifndef PROFILE_SETTINGS_H
#define PROFILE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "store/writer.h"

enum setting_type { SETTING_INT, SETTING_BOOL, SETTING_TEXT, SETTING_SECRET };
enum { SETTING_TEXT_BYTES = 200, SETTING_SECRET_MIN = 16, SETTING_SECRET_MAX = 128 };

struct setting_text {
	char s[SETTING_TEXT_BYTES];
};

struct settings {
#define INT(name, def, min, max, unit, en, zh) int64_t name;
#define BOOL(name, def, en, zh) bool name;
#define TEXT(name, def, en, zh) struct setting_text name;
#define SECRET(name, en, zh) struct setting_text name; /* its hash in hex; "": none */
#include "profile/settings.def"
#undef INT
#undef BOOL
#undef TEXT
#undef SECRET
};

/* A row as data: for the settings page and its validation. */
struct setting_row {
	const char *name;
	enum setting_type type;
	int64_t def, min, max; /* BOOL: 0, 1 */
	const char *def_text, *unit, *en, *zh;
};
const struct setting_row *settings_rows(size_t *ret_n);

void settings_defaults(struct settings *ret);

/** The settings in effect at a moment. What a newer program stored out of range falls back to the
 * default. */
enum err settings_load(struct db *db, int64_t utc_ms, struct settings *ret,
                       struct why *why) MUST_USE;

/** One setting as JSON onto `w` under its name. */
void settings_write(const struct settings *s, const struct setting_row *row, struct jw *w);

/** Whether `name` is a secret: its value is never shown, logged or audited. */
bool settings_is_secret(const char *name);

/** Whether `text` is the secret whose hash is stored; false when none is. In constant time. */
bool settings_secret_fits(const struct setting_text *stored, const char *text);

/** Sets one from now on. Inside a job. Of a secret only the hash is kept.
 *  @param value  JSON integer, boolean or string as the row wants
 *  @return ERR_INVALID E_SETTING_UNKNOWN, E_SETTING_VALUE (name, what it takes) */
enum err settings_set(struct tx *tx, const char *name, const json_t *value, int64_t by_id,
                      const char *reason, int64_t now_utc_ms, struct why *why) MUST_USE;

#endif
