/* floor/cmd.h -- what other threads ask of the floor.
 *
 * floor_cmd() posts to the loop and waits, at most CMD_WAIT_MS; the answer is a JSON object.
 * Whether the asker may (role, scope) is checked before by api/. */
#ifndef FLOOR_CMD_H
#define FLOOR_CMD_H

#include <jansson.h>

#include "floor/floor.h"
#include "floor/target.h"

/* FLOOR_CMD(name): the fields of struct floor_cmd it reads beside person_id */
#define FLOOR_CMD_LIST(X) \
	X(DESK)     /* -> desk state */ \
	X(STATUS)   /* text: status, reason */ \
	X(CAMPAIGN) /* campaign_id, 0: none */ \
	X(OFFER)    /* text: the browser's SDP -> {"sdp"} */ \
	X(STATION_CLOSE) \
	X(DIAL)            /* target -> {"call_id"}, or the gate's verdict */ \
	X(PREVIEW)         /* campaign_id -> {"task_id","customer_id"} */ \
	X(ANSWER)          /* call_id */ \
	X(HANGUP)          /* call_id */ \
	X(MUTE)            /* call_id, on */ \
	X(HOLD)            /* call_id, on */ \
	X(DIGITS)          /* call_id, text */ \
	X(TRANSFER)        /* call_id, target_id: a person, 0: a supervisor */ \
	X(TRANSFER_CANCEL) /* call_id */ \
	X(FLAG)            /* call_id, flag, on: already stored */ \
	X(DRAFT)           /* call_id, text: JSON */ \
	X(SAVED) /* call_id, on: this was the first result; text: "next", "break" or "" */ \
	X(WRAPUP_END) \
	X(MONITOR)       /* target_id, text: "listen", "whisper", "barge", "off" */ \
	X(END_CALL)      /* call_id: a supervisor ends it */ \
	X(REMIND)        /* target_id */ \
	X(FINISH)        /* target_id: ends his wrap-up */ \
	X(FORCE_OFFLINE) /* target_id */ \
	X(BOARD)         /* unit_ids -> {"agents","strip","lines","queue","lists"} */ \
	X(TASK)          /* customer_id -> {"in_memory":...}: for 'why is he not dialed?' */ \
	X(REFUSED) /* customer_id: is not to be called any more; what is at hand of him goes */ \
	X(RELOAD)  /* people, campaigns, settings were changed */

enum floor_cmd_kind {
#define X(name) CMD_##name,
	FLOOR_CMD_LIST(X)
#undef X
	    CMD_COUNT
};

enum { CMD_WAIT_MS = 8000, CMD_TEXT_BYTES = 16384 };

struct floor_cmd {
	enum floor_cmd_kind kind;
	int64_t person_id;  /* who asks */
	int64_t session_id; /* his log-in; 0: none (tests) */
	int64_t call_id, target_id, campaign_id, customer_id;
	bool on;
	int flag;
	const char *text;            /* copied; at most CMD_TEXT_BYTES */
	const char *reason;          /* copied; at most 63 bytes */
	const struct target *target; /* copied */
	const int64_t *unit_ids;     /* BOARD; copied */
	size_t n_units;
};

/** Takes `answer` (may be NULL). */
typedef void floor_reply_fn(void *ctx, enum err e, const struct why *why, json_t *answer);

/** Asks on the loop's own thread; `fn` is called once, now or later, on the loop. */
void floor_ask(struct floor *f, const struct floor_cmd *cmd, floor_reply_fn *fn, void *ctx);

/** Asks and waits. Any thread but the loop's.
 *  @param ret  set on ERR_OK; may be NULL content when there is nothing to say; the caller owns it.
 *              Also set on ERR_CONFLICT of DIAL when the gate refused: {"verdict":…}
 *  @return the floor's answer; ERR_BUSY E_FLOOR_BUSY (loop does not answer in time; it may still
 * happen) */
enum err floor_cmd(struct floor *f, const struct floor_cmd *cmd, json_t **ret,
                   struct why *why) MUST_USE;

#endif
