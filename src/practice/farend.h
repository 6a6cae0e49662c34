/* practice/farend.h -- the other end of the line: simulated customers and simulated agents'
 * desk phones, a real SIP endpoint on voice/.
 *
 * Customers answer, refuse or let it ring as practice/persona.h says and talk by ear
 * (practice/talk.h). They know what they say and when: each conversation leaves a true transcript.
 */
#ifndef PRACTICE_FAREND_H
#define PRACTICE_FAREND_H

#include "audio/bank.h"
#include "practice/persona.h"
#include "practice/robots.h"

struct farend;

struct farend_topic {
	char caller[24];  /* the company's number, E.164 */
	char script[32];  /* bank_dialogue.script */
	char company[40]; /* as agents say it */
};

struct farend_cfg {
	const char *addr; /* where SIP is listened to, "127.0.0.1" */
	int port;
	const char *server; /* the only address that may call */
	struct persona_mix mix;
	const struct bank *bank;
	/* Which script the customers of a caller number expect to talk about. */
	const struct farend_topic *topics;
	size_t n_topics;
	/* Job numbers whose desk phones ring here. */
	const struct robot_seat *seats;
	size_t n_seats;
	/** A finished conversation as one JSON object, {"call_id":…,"dialogue":…,"lines":[{"at_ms",
	 *  "end_ms","side","text"}]}, ms from the customer's answer. On the loop. */
	void (*on_transcript)(void *ctx, const char *json);
	/** What the conversation of `job_no` comes to, told when it begins. On the loop. */
	void (*on_result)(void *ctx, const char *job_no, const struct robot_result *res);
	void *ctx;
};

/** Call on the thread that will call farend_run(). @param ret  farend_free() */
enum err farend_new(const struct farend_cfg *cfg, struct farend **ret, struct why *why) MUST_USE;
void farend_run(struct farend *e);  /* until farend_stop() */
void farend_stop(struct farend *e); /* any thread */
void farend_free(struct farend **e);

/** The agent `job_no` is connected in `call_id` and speaks his side; or stops. Any thread. */
void farend_talk(struct farend *e, const char *job_no, int64_t call_id);
void farend_stop_talk(struct farend *e, const char *job_no);

#endif
