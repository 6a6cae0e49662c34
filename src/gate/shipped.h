/* gate/shipped.h -- the first versions of policy and calendars, each with its source. */
#ifndef GATE_SHIPPED_H
#define GATE_SHIPPED_H

struct shipped {
	const char *kind, *key, *body, *source;
};
extern const struct shipped SHIPPED[]; /* ends with kind NULL */

#endif
