/* dialer/script.h -- the script of a call: steps with placeholders filled, objections found.
 *
 * A script is a version of kind "script": {"name","company","steps":[{"key","zh","text","required":
 * [{"key","text"}]}],"objections":[{"q","a"}]}. Pure but
 * script_call_as(). */
#ifndef DIALER_SCRIPT_H
#define DIALER_SCRIPT_H

#include "base/json.h"
#include "store/db.h"

/* Who speaks with whom; "" leaves the placeholder as it is. */
struct script_names {
	const char *call_as, *job_no, *company;
};

/** {"key","version","name","steps":[…],"objections":[…]} with {客户称呼} {工号} {公司} filled.
 *  @param body  of the version */
enum err script_fill(const char *key, int64_t version, const char *body,
                     const struct script_names *names, json_t **ret, struct why *why) MUST_USE;

/** Objections whose question or answer has the words, or whose question has these pinyin initials:
 * "myxy" finds 没有需要. Best first: the question's beginning, its middle, the answer. "": all.
 *  @param ret  array of {"q","a","initials"} */
enum err script_search(const char *body, const char *q, json_t **ret, struct why *why) MUST_USE;

/** Checks a body that somebody saves.
 *  @return ERR_INVALID E_FIELD_REQUIRED, E_FIELD_INVALID */
enum err script_check(const json_t *body, struct why *why) MUST_USE;

/** How the customer is addressed: the form of address, else his name. */
enum err script_call_as(struct db *db, int64_t customer_id, char *buf, size_t size,
                        struct why *why) MUST_USE;

#endif
