/* app/paths.h -- where the program finds its page, voices and profiles, and where it keeps data. */
#ifndef APP_PATHS_H
#define APP_PATHS_H

#include "app/config.h"

enum { PATH_BYTES = 1024 };

/* What comes with the program: found beside the binary when it runs from its build, else in
 * /usr/share/hujiao. */
struct paths {
	char self[PATH_BYTES];      /* the running binary */
	char web[PATH_BYTES];       /* built page; "" when there is none */
	char voices[PATH_BYTES];    /* phrase bank of the practice; "" when there is none */
	char practice[PATH_BYTES];  /* data of the simulated customers */
	char profiles[PATH_BYTES];  /* shipped profiles */
	char passwords[PATH_BYTES]; /* those nobody may take; "" when there is none */
	char data[PATH_BYTES];      /* absolute data_dir */
	char recordings[PATH_BYTES];
	char spool[PATH_BYTES]; /* facts the database could not take */
	char master_key[PATH_BYTES];
	char database[PATH_BYTES];                                           /* URL */
	char tls_cert[PATH_BYTES], tls_key[PATH_BYTES], ca_cert[PATH_BYTES]; /* "" without https */
};

/** Finds all of them and makes the data directories.
 *  @return ERR_IO (cannot make data_dir) */
enum err paths_find(const struct config *c, struct paths *ret, struct why *why) MUST_USE;

#endif
