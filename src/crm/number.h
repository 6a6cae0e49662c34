/* crm/number.h -- telephone numbers as people type them, made canonical. Pure. spec/domain.md 4.6.
 *
 * "+86 138-0013-8000", "０１０－12345678转8001", "0138 0013 8000", "1.3800138E10", two in a cell:
 * "13800138000/010-12345678". What is doubtful is refused with a reason, never guessed. */
#ifndef CRM_NUMBER_H
#define CRM_NUMBER_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "gate/number_kind.h"

enum { NUMBER_E164_BYTES = 20, NUMBER_MASK_BYTES = 24, NUMBER_EXT_BYTES = 8, NUMBERS_MAX = 8 };

struct number {
	enum number_kind kind;
	char e164[NUMBER_E164_BYTES]; /* "+8613800138000"; services keep their digits: "95588" */
	char national[NUMBER_E164_BYTES]; /* "13800138000", "01012345678" */
	char ext[NUMBER_EXT_BYTES];       /* extension to dial after the answer; "" none */
	char mask[NUMBER_MASK_BYTES];     /* "138****8000", "010****5678" */
	char tail4[5];
};

struct numbers {
	struct number n[NUMBERS_MAX];
	size_t count;    /* each number once */
	size_t rejected; /* pieces that are no number */
	struct why why;  /* of the first rejected piece */
};

/** All numbers of a cell.
 *  @return ERR_INVALID E_NUM_* when there is none; ERR_OK with ret->rejected > 0 when only some are
 */
enum err numbers_parse(const char *text, struct numbers *ret, struct why *why);

/** Exactly one number. @return ERR_INVALID E_NUM_*, also for two */
enum err number_parse_one(const char *text, struct number *ret, struct why *why);

/** "138****8000", "0755****5678", "95***" of an E.164 or national form: in front what tells the
 *  network or area, behind the last four. */
void number_mask(const char *national, char ret[NUMBER_MASK_BYTES]);

/** Copies any text with every telephone number in it masked: for cells shown to people. */
void number_mask_text(const char *text, struct str *out);

#endif
