/* app/setup.h -- what `hujiao setup` works on, and its doing apart from its asking. */
#ifndef APP_SETUP_H
#define APP_SETUP_H

#include "app/local.h"

enum { SETUP_NAMES_MAX = 16, SETUP_MEDIA_PORT = 19998 };

struct setup {
	const char *config_path;
	const char *user;                   /* owns the data afterwards; NULL: whoever runs this */
	const char *names[SETUP_NAMES_MAX]; /* of the certificate; none: those of the machine */
	size_t n_names;
	bool is_silent;  /* options and defaults answer */
	bool has_values; /* an option set something */
	bool wants_link; /* a new one-time link for the administrator */
	struct config config;
};

/** What a machine that serves others starts from: https on all cards, SIP and voice on the card of
 * its default route. */
void setup_defaults(struct config *c);

/** Opens the database once, to say at once what is wrong with its address. */
enum err setup_try_database(const struct config *c, struct why *why) MUST_USE;

/** Makes folder, certificate, keys, tables, the first administrator's link and, last, the
 * configuration (0600), and tells what to do next. What is there already is kept. */
enum err setup_make(struct setup *s, struct why *why) MUST_USE;

/** Tells what is set and how it is; makes a new link for the administrator if that was asked. */
enum err setup_show(struct setup *s, struct why *why) MUST_USE;

#endif
