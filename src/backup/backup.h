/* backup/backup.h -- backups of an installation: made while calls run, checked when written,
 * restored into an empty place only.
 *
 * Below one folder lie any number of backups and, once, the recordings they share:
 *
 *     DIR/hujiao-20261122-071500/manifest.json   what it is; written last, so a backup without it
 * is none /database.db     SQLite, or database.dump for PostgreSQL /files.tsv       recordings and
 * proofs of consent: backup/files.h DIR/files/recordings/…                     only with
 * --recordings; each file once
 *
 * The database and what lies beside it are NOT encrypted. Telephone numbers in it are sealed by the
 * master key, which is never part of a backup. Thread: any; waits for the disk. */
#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "backup/files.h"
#include "base/err.h"

struct db;

/* What a backup says of itself: manifest.json. */
struct manifest {
	char version[32], company[256], engine[16], database[32], database_sum[SUM_TEXT_BYTES];
	char list_sum[SUM_TEXT_BYTES];
	int64_t schema, made_utc_ms, database_bytes;
	int64_t files, file_bytes,
	    missing;    /* listed; what the database names and the disk has not */
	bool has_files; /* the files themselves are in DIR/files */
};
enum err manifest_read(const char *dir, struct manifest *ret, struct why *why) MUST_USE;
enum err manifest_write(const char *dir, const struct manifest *m, struct why *why) MUST_USE;

struct backup_cfg {
	const char *url, *data_dir, *recordings_dir; /* absolute */
	const char *to;                              /* DIR */
	const char *company, *version;
	bool has_files; /* copy recordings too */
	int64_t now_utc_ms;
};

struct backup_made {
	char dir[BACKUP_PATH_BYTES];
	struct manifest manifest;
	int64_t copied, copied_bytes; /* files that were not there yet */
};

/** Makes one. What fails leaves nothing that looks like a backup.
 *  @return E_SNAPSHOT…, ERR_IO */
enum err backup_make(const struct backup_cfg *cfg, struct backup_made *ret,
                     struct why *why) MUST_USE;

struct restore_cfg {
	const char *from;                            /* DIR/hujiao-… */
	const char *url, *data_dir, *recordings_dir; /* empty: no database, no recordings */
};
struct restore_made {
	struct manifest manifest;
	int64_t files;   /* restored */
	int64_t missing; /* listed, and not in the backup */
};
/** Checks the backup, then restores it. Whatever is damaged is found before anything is written but
 *  recordings, whose sums are checked on the way.
 *  @return ERR_INVALID E_BACKUP_DAMAGED, ERR_CONFLICT E_SNAPSHOT_TAKEN, E_BACKUP_ENGINE,
 * E_SCHEMA_NEWER */
enum err backup_restore(const struct restore_cfg *cfg, struct restore_made *ret,
                        struct why *why) MUST_USE;

/* ---- comparing database and disk ---- */

enum verify_kind { VERIFY_MISSING, VERIFY_CHANGED, VERIFY_EXTRA, VERIFY_KIND_COUNT };
typedef void verify_tell_fn(enum verify_kind kind, const char *path, const char *detail, void *ctx);

struct verify_cfg {
	const char *data_dir, *recordings_dir;
	const char *list;      /* files.tsv to compare sums with; NULL: sizes only */
	bool is_quick;         /* with a list: sum only what has another size or time */
	int64_t before_utc_ms; /* younger files without a row may be calls that begin now */
	verify_tell_fn *tell;
	void *ctx;
};
struct verify_found {
	int64_t good, live, n[VERIFY_KIND_COUNT];
};
enum err backup_verify(struct db *db, const struct verify_cfg *cfg, struct verify_found *ret,
                       struct why *why) MUST_USE;

#endif
