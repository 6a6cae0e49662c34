/* `hujiao demo`: a call centre one can look at. A fresh database gets 30 days of history; then the
 * real server runs with simulated customers on its line and simulated agents at its desks, and one
 * seat is free. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/cert.h"
#include "app/commands.h"
#include "app/practice_child.h"
#include "app/server.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "demo/history.h"
#include "gate/policy.h"
#include "profile/version.h"
#include "store/writer.h"

enum {
	PASSWORD_RANDOM_BYTES = 6,
	DRAIN_MS = 3000,
	POLICY_MAX_BYTES = 65536,
	DAWDLER = 1, /* of the seats: leaves one form open, so that the board has something red */
	CALLS_TO_BREAK = 9, /* of most seats */
};
static const char PRACTICE_ADDR[] = "127.0.0.1";
static const char CALLER[] =
    "+862155550000"; /* a fictitious company number; it never leaves this machine */

struct demo {
	const char *dir;
	const char *port;
	bool is_lan;
	char password[32];
	char sip_port[8];
	int practice_port;
	struct config config;
	struct paths paths;
	struct demo_result made;
	struct server *server;
	struct practice_child *practice;
};

static void free_text(char **p)
{
	free(*p);
}

static enum err read_options(int argc, char **argv, struct demo *d, struct why *why)
{
	d->dir = "out/demo";
	d->port = "8080";
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--lan") == 0)
			d->is_lan = true;
		else if (i + 1 < argc && strcmp(argv[i], "--dir") == 0)
			d->dir = argv[++i];
		else if (i + 1 < argc && strcmp(argv[i], "--port") == 0)
			d->port = argv[++i];
		else
			return fail(why, E_CONF_VALUE, argv[i], "",
			            "options are --dir DIR, --port N, --lan");
	}
	return config_port(d->port)
	           ? ERR_OK
	           : fail(why, E_CONF_VALUE, "--port", d->port, "it is not a port, 1..65535");
}

/* Drawn anew at each start: a demo within reach of others must not have a password from a manual.
 */
static void draw_password(struct demo *d)
{
	unsigned char r[PASSWORD_RANDOM_BYTES];
	crypto_random(r, sizeof r);
	crypto_hex(r, sizeof r, d->password);
}

static enum err configure(struct demo *d, struct why *why)
{
	struct config *c = &d->config;
	enum err e;
	config_defaults(c);
	int http = config_port(d->port);
	snprintf(d->sip_port, sizeof d->sip_port, "%d", http + 1);
	d->practice_port = http + 2;
	if ((e = config_set(c, "data_dir", d->dir, why)) ||
	    (e = config_set(c, "http_port", d->port, why)) ||
	    (e = config_set(c, "sip_port", d->sip_port, why)) ||
	    (e = config_set(c, "log_level", "warn", why)) ||
	    (e = config_set(c, "company", "胡椒演示公司", why)))
		return e;
	if (d->is_lan && ((e = config_set(c, "https", "on", why)) ||
	                  (e = config_set(c, "http_addr", "0.0.0.0", why)) ||
	                  (e = config_set(c, "media_addr", "0.0.0.0", why))))
		return e;
	return config_check(c, why);
}

static enum err make_history(struct demo *d, struct why *why)
{
	char trunk[256];
	snprintf(trunk, sizeof trunk,
	         "{\"host\":\"%s\",\"port\":%d,\"callee_fmt\":\"e164\",\"caller_fmt\":\"e164\","
	         "\"max_calls\":30,"
	         "\"options_s\":-1,\"is_call_id_sent\":true}",
	         PRACTICE_ADDR, d->practice_port);
	char phones[64];
	snprintf(phones, sizeof phones, "%s:%d", PRACTICE_ADDR, d->practice_port);
	struct demo_cfg cfg = { .db_url = d->paths.database,
		                .recordings_dir = d->paths.recordings,
		                .master_key_path = d->paths.master_key,
		                .bank_dir = d->paths.voices,
		                .profiles_dir = d->paths.profiles,
		                .trunk_name = "模拟线路",
		                .trunk_cfg = trunk,
		                .caller_number = CALLER,
		                .phones = phones,
		                .password = d->password,
		                .cell_id = 1,
		                .now_utc_ms = clock_utc_ms() };
	return demo_history(&cfg, &d->made, why);
}

/* ---- the simulated people ---- */

static void write_seat(struct jw *w, const struct demo *d, const char *job_no, int nth)
{
	jw_obj(w, NULL);
	jw_str(w, "job_no", job_no);
	jw_str(w, "password", d->password);
	jw_int(w, "calls_between_breaks", CALLS_TO_BREAK + nth % 4);
	jw_bool(w, "does_dawdle", nth == DAWDLER);
	jw_end_obj(w);
}

static void write_orders(const struct demo *d, struct str *out)
{
	struct jw w = { .out = out };
	char url[64];
	int n = 0, nth = 0;
	const struct demo_login *logins = demo_logins(&n);
	snprintf(url, sizeof url, "%s://127.0.0.1:%s", d->is_lan ? "https" : "http", d->port);
	jw_obj(&w, NULL);
	jw_str(&w, "addr", PRACTICE_ADDR);
	jw_int(&w, "port", d->practice_port);
	jw_str(&w, "server_url", url);
	jw_str(&w, "voices", d->paths.voices);
	struct str mix = { 0 };
	str_addf(&mix, "%s/customers.json", d->paths.practice);
	jw_str(&w, "mix", str_text(&mix));
	str_free(&mix);
	jw_arr(&w, "topics");
	const struct demo_cfg caller = { .caller_number = CALLER };
	for (int i = 0; demo_campaign_script(i); i++) {
		char number[DEMO_NUMBER_BYTES];
		jw_obj(&w, NULL);
		jw_str(&w, "caller", demo_caller_number(&caller, i, number));
		jw_str(&w, "script", demo_campaign_script(i));
		jw_str(&w, "company", demo_script_company(demo_campaign_script(i)));
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	jw_arr(&w, "agents");
	for (int i = 0; i < n; i++)
		if (strcmp(logins[i].role, "agent") == 0 &&
		    strcmp(logins[i].job_no, d->made.visitor_job_no) != 0)
			write_seat(&w, d, logins[i].job_no, nth++);
	jw_end_arr(&w);
	jw_end_obj(&w);
}

static enum err start_practice(struct demo *d, struct why *why)
{
	CLEANUP(str_free) struct str orders = { 0 };
	write_orders(d, &orders);
	if (!str_ok(&orders))
		return fail(why, E_NOMEM);
	return practice_child_start(d->paths.self, str_text(&orders), server_writer(d->server),
	                            &d->practice, why);
}

/* ---- telling ---- */

static void print_logins(const struct demo *d)
{
	int n = 0;
	const struct demo_login *logins = demo_logins(&n);
	const char *scheme = d->is_lan ? "https" : "http";
	printf("\n胡椒演示 / Hujiao demo: %d 位客户, %d 次拨打, %d 条录音, %d 条评分\n"
	       "（客户、坐席与语音均为模拟合成 / people and voices are simulated）\n\n",
	       d->made.customers, d->made.attempts, d->made.recordings, d->made.reviews);
	printf("  五步看一遍 / five steps:  %s://127.0.0.1:%s/tour#%s:%s\n\n", scheme, d->port,
	       d->made.visitor_job_no, d->password);
	printf("  工号      姓名      角色            密码（都一样）: %s\n", d->password);
	for (int i = 0; i < n; i++) {
		bool is_visitor = strcmp(logins[i].job_no, d->made.visitor_job_no) == 0;
		if (strcmp(logins[i].role, "agent") != 0)
			printf("  %-9s %-9s %s%s\n", logins[i].job_no, logins[i].name,
			       logins[i].role,
			       is_visitor ? "  ← 空着的坐席，请坐 / the free seat" : "");
	}
	printf("\nCtrl-C 结束 / ends it\n");
	fflush(stdout);
}

static enum err add_policy(struct tx *tx, const void *arg, struct why *why)
{
	struct version_new v = { .kind = "policy",
		                 .key = POLICY_DEFAULT_KEY,
		                 .body = arg,
		                 .reason = "demo",
		                 .valid_from_utc_ms = clock_utc_ms(),
		                 .now_utc_ms = clock_utc_ms() };
	return version_add(tx, &v, NULL, why);
}

/* A demo is looked at at night, too; the history was made under the shipped hours. */
static enum err open_all_hours(const struct demo *d, struct why *why)
{
	CLEANUP(free_text) char *path = file_join(d->paths.practice, "policy.json");
	CLEANUP(free_text) char *body = NULL;
	if (!path)
		return fail(why, E_NOMEM);
	enum err e = file_read(path, POLICY_MAX_BYTES, &body, NULL, why);
	return e ? e : writer_do(server_writer(d->server), LANE_NORMAL, add_policy, body, why);
}

static enum err make_cert(const struct demo *d, struct why *why)
{
	CLEANUP(free_text) char *dir = file_join(d->paths.data, "tls");
	if (!dir)
		return fail(why, E_NOMEM);
	struct cert_cfg cc = { .dir = dir,
		               .company = d->config.company,
		               .now_utc_ms = clock_utc_ms() };
	return cert_make(&cc, why);
}

static enum err run(struct demo *d, struct why *why)
{
	struct server_cfg sc = {
		.config = &d->config, .paths = &d->paths, .is_demo = true, .drain_ms = DRAIN_MS
	};
	enum log_level level = LOG_WARN;
	enum err e;
	log_set_level(level);
	if ((e = file_remove_tree(d->dir, why)) || (e = configure(d, why)) ||
	    (e = paths_find(&d->config, &d->paths, why)))
		return e;
	if (d->is_lan && (e = make_cert(d, why)))
		return e;
	if ((e = make_history(d, why)) || (e = server_start(&sc, &d->server, why)) ||
	    (e = open_all_hours(d, why)) || (e = start_practice(d, why)))
		return e;
	print_logins(d);
	server_wait(d->server);
	return ERR_OK;
}

int cmd_demo(int argc, char **argv)
{
	static struct demo d;
	struct why why = { 0 };
	server_block_signals();
	draw_password(&d);
	enum err e = read_options(argc, argv, &d, &why);
	if (!e)
		e = run(&d, &why);
	practice_child_stop(&d.practice);
	server_stop(&d.server);
	if (e)
		fprintf(stderr, "hujiao: %s\n", why_en(&why));
	return e ? 1 : 0;
}
