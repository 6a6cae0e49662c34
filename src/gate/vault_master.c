/* The master key on paper or a stick: sealed by a passphrase, in a text file of its own. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "gate/vault_int.h"

enum { PASSPHRASE_MIN = 12, KEY_FORM = 1, FILE_MAX = 65536 };
static const char PLACE[] = "hujiao master key";

void vault_master_print(const unsigned char *master, char ret[17])
{
	unsigned char print[CRYPTO_KEY_BYTES];
	crypto_derive(master, "fingerprint", print);
	crypto_hex(print, 8, ret);
}

static enum err seal_key(const unsigned char *master, const char *passphrase, int64_t now_utc_ms,
                         struct str *out, struct why *why)
{
	unsigned char salt[CRYPTO_SALT_BYTES], key[CRYPTO_KEY_BYTES];
	unsigned char sealed[CRYPTO_KEY_BYTES + CRYPTO_SEAL_BYTES];
	char salt_text[2 * CRYPTO_SALT_BYTES + 1], text[2 * sizeof sealed + 1], print[17];
	struct jw w = { .out = out };
	crypto_random(salt, sizeof salt);
	enum err e = crypto_passphrase_key(passphrase, salt, key, why);
	if (e)
		return e;
	crypto_seal(key, PLACE, sizeof PLACE - 1, master, CRYPTO_KEY_BYTES, sealed);
	crypto_wipe(key, sizeof key);
	vault_master_print(master, print);
	jw_obj(&w, NULL);
	jw_int(&w, "hujiao_key_backup", KEY_FORM);
	jw_int(&w, "made_utc_ms", now_utc_ms);
	jw_str(&w, "fingerprint", print);
	jw_str(&w, "salt", crypto_hex(salt, sizeof salt, salt_text));
	jw_str(&w, "sealed", crypto_hex(sealed, sizeof sealed, text));
	jw_end_obj(&w);
	str_addc(out, '\n');
	return str_ok(out) ? ERR_OK : fail(why, E_NOMEM);
}

enum err master_backup(const char *master_path, const char *passphrase, const char *to,
                       int64_t now_utc_ms, char ret_print[17], struct why *why)
{
	CLEANUP(str_free) struct str text = { 0 };
	unsigned char master[CRYPTO_KEY_BYTES];
	if (strlen(passphrase) < PASSPHRASE_MIN)
		return fail(why, E_PASSPHRASE_SHORT, PASSPHRASE_MIN);
	if (access(to, F_OK) == 0)
		return fail(why, E_SNAPSHOT_TAKEN, to);
	enum err e = vault_read_master(master_path, master, why);
	if (e)
		return e;
	vault_master_print(master, ret_print);
	e = seal_key(master, passphrase, now_utc_ms, &text, why);
	crypto_wipe(master, sizeof master);
	return e ? e : file_write_atomic(to, str_text(&text), text.len, 0600, why);
}

static enum err open_key(const char *from, const char *passphrase, unsigned char *ret,
                         struct why *why)
{
	CLEANUP(str_drop) char *text = NULL;
	CLEANUP(json_cleanup) json_t *j = NULL;
	unsigned char salt[CRYPTO_SALT_BYTES], key[CRYPTO_KEY_BYTES];
	unsigned char sealed[CRYPTO_KEY_BYTES + CRYPTO_SEAL_BYTES];
	size_t n = 0;
	enum err e = file_read(from, FILE_MAX, &text, &n, why);
	if (e)
		return e;
	if (json_read(text, n, &j, NULL) || json_int(j, "hujiao_key_backup", 0) != KEY_FORM ||
	    !crypto_unhex(json_str(j, "salt", ""), salt, sizeof salt) ||
	    !crypto_unhex(json_str(j, "sealed", ""), sealed, sizeof sealed))
		return fail(why, E_KEY_BACKUP, from);
	if ((e = crypto_passphrase_key(passphrase, salt, key, why)))
		return e;
	e = crypto_open(key, PLACE, sizeof PLACE - 1, sealed, sizeof sealed, ret, NULL);
	crypto_wipe(key, sizeof key);
	return e ? fail(why, E_PASSPHRASE_WRONG, from) : ERR_OK;
}

enum err master_restore(const char *from, const char *passphrase, const char *master_path,
                        char ret_print[17], struct why *why)
{
	unsigned char master[CRYPTO_KEY_BYTES], there[CRYPTO_KEY_BYTES];
	enum err e = open_key(from, passphrase, master, why);
	if (e)
		return e;
	vault_master_print(master, ret_print);
	if (access(master_path, F_OK) != 0)
		e = vault_write_master(master_path, master, why);
	else if (!(e = vault_read_master(master_path, there, why)) &&
	         !crypto_equal(master, there, sizeof there))
		e = fail(why, E_SNAPSHOT_TAKEN, master_path);
	crypto_wipe(master, sizeof master);
	crypto_wipe(there, sizeof there);
	return e;
}
