/* `hujiao setup`: the few questions between a fresh machine and a first log-in. Asked on the
 * terminal, or answered by options; what exists is never overwritten, and a second run shows what
 * is set. */
#include "app/setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/commands.h"
#include "base/str.h"

/* What is asked, in this order; `key` is one of hujiao.conf and, with dashes, the option. */
struct question {
	const char *key, *zh, *en;
};
static const struct question QUESTIONS[] = {
	{ "company", "公司名称（话术与证书中使用）",
	  "Company name, for scripts and the certificate" },
	{ "data_dir", "数据目录（数据库与录音）", "Data folder (database, recordings)" },
	{ "database", "数据库：留空用 SQLite；多节点填 postgres://用户:密码@主机/库",
	  "Database: empty for SQLite; postgres://user:password@host/name for several nodes" },
	{ "http_addr", "网页监听地址（0.0.0.0 为所有网卡）",
	  "Address of the page (0.0.0.0: all cards)" },
	{ "http_port", "网页端口", "Port of the page" },
	{ "sip_addr", "SIP 地址（面向运营商的网卡）",
	  "SIP address (the card towards the carrier)" },
	{ "media_addr", "浏览器语音地址:端口", "Browsers' voice, address:port" },
};
enum { QUESTION_COUNT = sizeof QUESTIONS / sizeof QUESTIONS[0] };

static bool is_key(const char *name)
{
#define X(key, def, en, zh) \
	if (strcmp(name, #key) == 0) \
		return true;
	CONFIG_KEYS(X)
#undef X
	return false;
}

static const char *value_of(const struct config *c, const char *key)
{
#define X(name, def, en, zh) \
	if (strcmp(key, #name) == 0) \
		return c->name;
	CONFIG_KEYS(X)
#undef X
	return "";
}

/* "--http-port" sets http_port. */
static bool key_of(const char *option, char *ret, size_t size)
{
	if (strncmp(option, "--", 2) != 0 || !str_copy(ret, size, option + 2))
		return false;
	for (char *p = ret; *p; p++)
		if (*p == '-')
			*p = '_';
	return is_key(ret);
}

static enum err take_option(struct setup *s, const char *name, const char *value, struct why *why)
{
	char key[40];
	if (strcmp(name, "--config") == 0) {
		s->config_path = value;
	} else if (strcmp(name, "--user") == 0) {
		s->user = *value ? value : NULL;
	} else if (strcmp(name, "--name") == 0) {
		if (s->n_names == SETUP_NAMES_MAX)
			return fail(why, E_SETUP_VALUE, name, value, "too many names");
		s->names[s->n_names++] = value;
	} else if (key_of(name, key, sizeof key)) {
		s->has_values = true;
		return config_set(&s->config, key, value, why);
	} else {
		return fail(why, E_SETUP_VALUE, name, value, "there is no such option");
	}
	return ERR_OK;
}

static enum err read_options(struct setup *s, int argc, char **argv, struct why *why)
{
	enum err e = ERR_OK;
	for (int i = 1; !e && i < argc; i++) {
		if (strcmp(argv[i], "--yes") == 0)
			s->is_silent = true;
		else if (strcmp(argv[i], "--link") == 0)
			s->wants_link = true;
		else if (i + 1 == argc)
			return fail(why, E_SETUP_VALUE, argv[i], "", "a value must follow");
		else if (!(e = take_option(s, argv[i], argv[i + 1], why)))
			i++;
	}
	return e;
}

/* ---- asking ---- */

static bool read_line(char *ret, size_t size)
{
	if (!fgets(ret, (int)size, stdin))
		return false;
	ret[strcspn(ret, "\r\n")] = '\0';
	return true;
}

static enum err try_answer(struct setup *s, const struct question *q, const char *answer,
                           struct why *why)
{
	enum err e = config_set(&s->config, q->key, answer, why);
	if (!e && strcmp(q->key, "database") == 0)
		e = setup_try_database(&s->config, why);
	return e ? e : config_check(&s->config, why);
}

/* Asks until the answer is good; an empty one takes what is shown. */
static enum err ask(struct setup *s, const struct question *q, struct why *why)
{
	char before[CONFIG_VALUE_BYTES], answer[CONFIG_VALUE_BYTES], text[600];
	str_copy(before, sizeof before, value_of(&s->config, q->key));
	for (;;) {
		printf("%s\n%s [%s]: ", q->zh, q->en, before);
		fflush(stdout);
		if (!read_line(answer, sizeof answer))
			return fail(why, E_SETUP_VALUE, q->key, "", "no answer came");
		enum err e = try_answer(s, q, *answer ? answer : before, why);
		if (!e)
			return ERR_OK;
		printf("  %s\n", why_text(why, LANG_ZH, text, sizeof text));
		printf("  %s\n", why_en(why));
		if ((e = config_set(&s->config, q->key, before, why)))
			return e;
	}
}

static enum err ask_all(struct setup *s, struct why *why)
{
	enum err e = ERR_OK;
	puts("胡椒首次设置：直接回车采用方括号中的值。\n"
	     "First steps with Hujiao: Enter takes what stands in brackets.\n");
	for (size_t i = 0; !e && i < QUESTION_COUNT; i++)
		e = ask(s, &QUESTIONS[i], why);
	return e;
}

/* ---- the command ---- */

static int failed(enum err e, const struct why *why)
{
	char text[600];
	fprintf(stderr, "hujiao: %s\n        %s\n", why_text(why, LANG_ZH, text, sizeof text),
	        why_en(why));
	return e == ERR_INVALID ? 2 : 1;
}

static enum err run(struct setup *s, struct why *why)
{
	enum err e;
	if (access(s->config_path, F_OK) == 0) {
		if (s->has_values)
			return fail(why, E_SETUP_EXISTS, s->config_path);
		return setup_show(s, why);
	}
	if (!s->is_silent && isatty(STDIN_FILENO))
		e = ask_all(s, why);
	else
		e = setup_try_database(&s->config, why);
	if (e || (e = config_check(&s->config, why)))
		return e;
	return setup_make(s, why);
}

int cmd_setup(int argc, char **argv)
{
	static struct setup s = { .config_path = LOCAL_CONFIG };
	struct why why = { 0 };
	umask(027); /* what is made here is the service's alone */
	s.user = local_user();
	setup_defaults(&s.config);
	enum err e = read_options(&s, argc, argv, &why);
	if (!e)
		e = run(&s, &why);
	return e ? failed(e, &why) : 0;
}
