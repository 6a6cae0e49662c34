#include "plant.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/id.h"
#include "base/str.h"

enum { HEADER = 58, FRAMES = 8000 };

static void put32(unsigned char *p, unsigned v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

/* One second of A-law, customer (left) loud in its first half, agent in its second. */
static void write_wav(const struct door *d, const char *name)
{
	struct why why = { 0 };
	char path[600];
	unsigned char *w = calloc(1, HEADER + 2 * FRAMES);
	assert_non_null(w);
	memcpy(w, "RIFF", 4);
	put32(w + 4, HEADER - 8 + 2 * FRAMES);
	memcpy(w + 8, "WAVEfmt ", 8);
	put32(w + 16, 18);
	w[20] = 6;
	w[22] = 2;
	put32(w + 24, 8000);
	put32(w + 28, 16000);
	w[32] = 2;
	w[34] = 8;
	memcpy(w + 38, "fact", 4);
	put32(w + 42, 4);
	put32(w + 46, FRAMES);
	memcpy(w + 50, "data", 4);
	put32(w + 54, 2 * FRAMES);
	for (int i = 0; i < FRAMES; i++) {
		w[HEADER + 2 * i] = i < FRAMES / 2 ? 0xaa : 0xd5; /* loudest, silence */
		w[HEADER + 2 * i + 1] = i < FRAMES / 2 ? 0xd5 : 0x2a;
	}
	snprintf(path, sizeof path, "%s/recordings", d->t.dir);
	assert_ok(file_mkdirs(path, 0700, &why), &why);
	snprintf(path, sizeof path, "%s/recordings/%s", d->t.dir, name);
	assert_ok(file_write_atomic(path, w, HEADER + 2 * FRAMES, 0600, &why), &why);
	free(w);
}

static void plant_customer(struct door *d, const struct plant *p, int64_t unit, int64_t owner)
{
	test_db_exec(
	    &d->t,
	    "INSERT INTO customer (id, name, name_key, call_as, gender, grade, status, owner_id, "
	    "unit_id, source,"
	    " company, remark, created_utc_ms, updated_utc_ms, attempts, answered, fields, cell_id)"
	    " VALUES (?1, '王小明', 'wang xiao ming', '王先生', 'm', 'A', 'open', ?2, ?3, 'list', "
	    "'', '', 1000, 1000, 1, 1,"
	    " '{}', 1)",
	    ARGS(V_INT(p->customer), V_INT(owner), V_INT(unit)));
	test_db_exec(
	    &d->t,
	    "INSERT INTO phone (id, customer_id, enc, key_id, hash, tail4, mask, kind, province, "
	    "city, created_utc_ms)"
	    " VALUES (?1, ?2, ?3, 1, ?3, '8000', '138****8000', 'mobile', '广东', '广州', 1000)",
	    ARGS(V_INT(p->phone), V_INT(p->customer), V_BYTES(&p->phone, sizeof p->phone)));
}

static void plant_call(struct door *d, const struct plant *p, int64_t unit, int64_t agent)
{
	test_db_exec(&d->t,
	             "INSERT INTO call (id, direction, mode, state, campaign_id, customer_id, "
	             "phone_id, number_mask, agent_id,"
	             " unit_id, start_utc_ms, ring_utc_ms, answer_utc_ms, bridge_utc_ms, "
	             "end_utc_ms, talk_ms, agent_talk_ms,"
	             " hold_ms, hold_count, outcome, audio, ended_by, result, grade, flags, "
	             "wechat, deal_fen, day, cell_id)"
	             " VALUES (?1, 'out', 'manual', 'ended', ?2, ?3, ?4, '138****8000', ?5, ?6, "
	             "1000000, 1001000, 1005000,"
	             " 1005200, 1065000, 60000, 59000, 0, 0, 'answered', 'human', 'customer', "
	             "'interested', 'A', 0, '', 0,"
	             " 19700101, 1)",
	             ARGS(V_INT(p->call), V_INT(p->campaign), V_INT(p->customer), V_INT(p->phone),
	                  V_INT(agent), V_INT(unit)));
	test_db_exec(&d->t,
	             "INSERT INTO recording (id, call_id, path, state, started_utc_ms, answer_ms, "
	             "duration_ms, bytes, gap_ms,"
	             " cell_id) VALUES (?1, ?2, ?3, 'closed', 1005000, 0, 1000, 16058, 0, 1)",
	             ARGS(V_INT(id_new()), V_INT(p->call), V_TEXT(p->recording)));
	test_db_exec(
	    &d->t,
	    "INSERT INTO transcript (call_id, source, lines, made_utc_ms) VALUES (?1, 'practice',"
	    " '[{\"at_ms\":0,\"end_ms\":900,\"side\":\"customer\",\"text\":"
	    "\"喂，打我另一个号码13912345678\"}]', 1000)",
	    ARGS(V_INT(p->call)));
	write_wav(d, p->recording);
}

static void plant_work(struct door *d, const struct plant *p, int64_t unit, int64_t by)
{
	test_db_exec(&d->t,
	             "INSERT INTO campaign (id, name, mode, state, unit_id, script_key, purpose, "
	             "ring_timeout_s,"
	             " wrapup_limit_s, max_attempts, retry, created_utc_ms, by_id, cell_id) VALUES "
	             "(?1, '一号名单', 'manual',"
	             " 'running', ?2, 'loan', 'marketing', 30, 60, 3, '{}', 1000, ?3, 1)",
	             ARGS(V_INT(p->campaign), V_INT(unit), V_INT(by)));
	test_db_exec(&d->t,
	             "INSERT INTO review (id, call_id, form_key, form_version, inspector_id, "
	             "agent_id, unit_id, state,"
	             " score_centi, max_centi, raw_centi, verdict, fatal, remark, created_utc_ms, "
	             "saved_utc_ms, day)"
	             " VALUES (?1, ?2, 'a2', 1, ?3, ?3, ?4, 'draft', 1000, 1000, 1000, '', '', '', "
	             "1000, 1000, 19700101)",
	             ARGS(V_INT(p->review), V_INT(p->call), V_INT(by), V_INT(unit)));
	test_db_exec(&d->t,
	             "INSERT INTO import_batch (id, file_name, path, format, state, mapping, "
	             "source, supplier, basis, purpose,"
	             " proof_file, unit_id, by_id, created_utc_ms, rows_total, rows_done, n_new, "
	             "n_updated, n_duplicate,"
	             " n_invalid, n_blocked, cell_id) VALUES (?1, 'a.csv', 'a.csv', 'csv', "
	             "'classified', '{}', '', '', '', '',"
	             " '', ?2, ?3, 1000, 0, 0, 0, 0, 0, 0, 0, 1)",
	             ARGS(V_INT(p->import), V_INT(unit), V_INT(by)));
}

void plant_in(struct door *d, int team, enum who owner, struct plant *ret)
{
	struct plant p = { .customer = id_new(),
		           .call = id_new(),
		           .campaign = id_new(),
		           .review = id_new(),
		           .person = d->person[owner],
		           .unit = d->team[team],
		           .import = id_new(),
		           .phone = id_new() };
	snprintf(p.recording, sizeof p.recording, "%lld.wav", (long long)p.call);
	plant_customer(d, &p, d->team[team], d->person[owner]);
	plant_work(d, &p, d->team[team], d->person[owner]);
	plant_call(d, &p, d->team[team], d->person[owner]);
	*ret = p;
}

int64_t plant_id(const struct plant *p, const char *subject)
{
	const struct {
		const char *name;
		int64_t id;
	} ALL[] = { { "customer", p->customer }, { "call", p->call },
		    { "campaign", p->campaign }, { "review", p->review },
		    { "person", p->person },     { "unit", p->unit },
		    { "import", p->import } };
	for (size_t i = 0; subject && i < sizeof ALL / sizeof *ALL; i++) {
		if (strcmp(ALL[i].name, subject) == 0)
			return ALL[i].id;
	}
	return id_new();
}
