/* `hujiao key`: the master key's backup, and changing keys. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/local.h"
#include "app/rekey.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/id.h"
#include "base/str.h"
#include "gate/vault.h"
#include "store/writer.h"

enum { PASSPHRASE_BYTES = 512, LOOK_MS = 50, TAKEN_WITHIN_MS = 6000 };

struct key_options {
	const char *to, *from, *passphrase_file;
	bool is_master, is_here;
};

static int failed(enum err e, const struct why *why)
{
	char text[600];
	fprintf(stderr, "hujiao: %s\n        %s\n", why_text(why, LANG_ZH, text, sizeof text),
	        why_en(why));
	return e == ERR_INVALID ? 2 : 1;
}

static enum err read_options(int argc, char **argv, struct key_options *o, struct why *why)
{
	struct {
		const char *name, **value;
	} texts[] = { { "--to", &o->to },
		      { "--from", &o->from },
		      { "--passphrase-file", &o->passphrase_file } };
	for (int i = 2; i < argc; i++) {
		bool is_taken = false;
		for (size_t k = 0; k < 3 && !is_taken; k++) {
			is_taken = strcmp(argv[i], texts[k].name) == 0 && i + 1 < argc;
			if (is_taken)
				*texts[k].value = argv[i + 1];
		}
		if (is_taken)
			i++;
		else if (strcmp(argv[i], "--master") == 0)
			o->is_master = true;
		else if (strcmp(argv[i], "--here") == 0)
			o->is_here = true;
		else
			return fail(why, E_SETUP_VALUE, argv[i], "",
			            "there is no such option, or its value is missing");
	}
	return ERR_OK;
}

/* ---- the passphrase ---- */

static bool read_line(char *ret, size_t size)
{
	bool is_read = fgets(ret, (int)size, stdin) != NULL;
	ret[is_read ? strcspn(ret, "\r\n") : 0] = '\0';
	return is_read;
}

static bool ask_hidden(const char *what, char *ret, size_t size)
{
	struct termios before, hidden;
	bool has_terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	fputs(what, stderr);
	if (has_terminal) {
		hidden = before;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	}
	bool is_read = read_line(ret, size);
	if (has_terminal)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	fputc('\n', stderr);
	return is_read;
}

static enum err passphrase(const struct key_options *o, bool is_new, char *ret, struct why *why)
{
	char again[PASSPHRASE_BYTES];
	if (o->passphrase_file) {
		CLEANUP(str_drop) char *text = NULL;
		size_t n = 0;
		enum err e = file_read(o->passphrase_file, PASSPHRASE_BYTES - 1, &text, &n, why);
		if (e)
			return e;
		text[strcspn(text, "\r\n")] = '\0';
		str_copy(ret, PASSPHRASE_BYTES, text);
		crypto_wipe(text, n);
		return ERR_OK;
	}
	if (!ask_hidden("口令 / Passphrase: ", ret, PASSPHRASE_BYTES))
		return fail(why, E_FIELD_REQUIRED, "--passphrase-file");
	if (!is_new)
		return ERR_OK;
	bool is_same =
	    ask_hidden("再输入一次 / Once more: ", again, sizeof again) && strcmp(again, ret) == 0;
	crypto_wipe(again, sizeof again);
	return is_same ? ERR_OK
	               : fail(why, E_FIELD_INVALID, "passphrase", "the two are not the same");
}

/* ---- backup and restore ---- */

static enum err key_backup(struct local *l, const struct key_options *o, struct why *why)
{
	char words[PASSPHRASE_BYTES], print[17];
	if (!o->to)
		return fail(why, E_FIELD_REQUIRED, "--to");
	enum err e = passphrase(o, true, words, why);
	if (!e)
		e = master_backup(l->paths.master_key, words, o->to, clock_utc_ms(), print, why);
	crypto_wipe(words, sizeof words);
	if (e)
		return e;
	printf("主密钥已用口令加密写入 %s，指纹 "
	       "%s。请与数据备份分开存放，口令另存；缺一则号码无法恢复。\n"
	       "Wrote the master key, sealed by the passphrase; its fingerprint is above. Keep the "
	       "file apart "
	       "from the data's backups and the passphrase apart from the file: without both no "
	       "number can "
	       "be opened.\n",
	       o->to, print);
	return ERR_OK;
}

static enum err key_restore(struct local *l, const struct key_options *o, struct why *why)
{
	char words[PASSPHRASE_BYTES], print[17];
	if (!o->from)
		return fail(why, E_FIELD_REQUIRED, "--from");
	enum err e = passphrase(o, false, words, why);
	if (!e)
		e = master_restore(o->from, words, l->paths.master_key, print, why);
	crypto_wipe(words, sizeof words);
	if (!e)
		printf("主密钥已放回 / Put the master key back: %s (%s)\n", l->paths.master_key,
		       print);
	return e;
}

static enum err key_show(struct local *l, const struct key_options *o, struct why *why)
{
	struct vault_info info;
	(void)o;
	enum err e = local_open(l, false, why);
	if (e || (e = local_open_vault(l, why)) || (e = vault_info(l->vault, l->db, &info, why)))
		return e;
	printf("主密钥 / master key   %s\n指纹 / fingerprint    %s\n数据密钥 / data keys  %d (%d "
	       "已停用 / "
	       "retired)\n",
	       l->paths.master_key, info.master_print, info.keys, info.retired);
	return ERR_OK;
}

/* ---- rotation ---- */

static enum err rotate_master(struct local *l, struct why *why)
{
	struct vault_info info;
	enum err e = vault_rotate_master(l->vault, l->paths.master_key, l->writer, why);
	if (e || (e = vault_info(l->vault, l->db, &info, why)))
		return e;
	printf("新主密钥已写入 %s，指纹 %s。\n"
	       "请立即重新执行 hujiao key backup；用 systemd 或多节点时，复制到各节点并重启服务。\n"
	       "A new master key is in force. Run `hujiao key backup` again now; copy the file to "
	       "the other "
	       "nodes, and restart services that systemd gave the old one.\n",
	       l->paths.master_key, info.master_print);
	return ERR_OK;
}

static void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = LOOK_MS * 1000000L }, NULL);
}

/* Tells how far it is until it has ended, or until nobody has taken it up for a while. */
static enum err follow(struct local *l, int64_t job, bool is_here, struct why *why)
{
	struct job_info info;
	int64_t began_ms = clock_mono_ms(), told = -1;
	enum err e;
	while (!(e = job_get(l->db, job, &info, why))) {
		if (info.done != told && info.total)
			printf("  %" PRId64 " / %" PRId64 "\n", told = info.done, info.total);
		fflush(stdout);
		if (info.state == JOB_DONE) {
			puts("完成：全部号码已用新的数据密钥密封 / Done: every number is sealed by "
			     "the "
			     "new data key");
			return ERR_OK;
		}
		if (info.state == JOB_FAILED || info.state == JOB_CANCELLED || info.error.code) {
			*why = info.error;
			return info.error.code ? err_kind(info.error.code) : fail(why, E_JOB_LOST);
		}
		if (!is_here && info.state == JOB_WAITING &&
		    clock_mono_ms() - began_ms > TAKEN_WITHIN_MS) {
			puts("服务未运行：任务会在下次启动时继续；或现在加 --here 由本命令执行。\n"
			     "No server has taken it up: it runs when one starts, or now with "
			     "--here.");
			return ERR_OK;
		}
		rest();
	}
	return e;
}

static enum err run_here(struct local *l, struct job_kind *kind, struct job_runner **ret,
                         struct why *why)
{
	*kind = rekey_kind(l->vault);
	struct job_runner_cfg c = { .url = l->paths.database,
		                    .writer = l->writer,
		                    .node = LOCAL_NODE,
		                    .cell_id = 1,
		                    .kinds = kind,
		                    .n_kinds = 1 };
	return job_runner_new(&c, ret, why);
}

static enum err key_rotate(struct local *l, const struct key_options *o, struct why *why)
{
	struct job_runner *runner = NULL;
	struct job_kind kind;
	int64_t job = 0;
	enum err e = local_open(l, false, why);
	if (e || (e = local_open_vault(l, why)))
		return e;
	if (o->is_master)
		return rotate_master(l, why);
	struct rekey_new n = { l->vault, id_new(), clock_utc_ms(), &job };
	if ((e = writer_do(l->writer, LANE_NORMAL, rekey_start, &n, why)) ||
	    (o->is_here && (e = run_here(l, &kind, &runner, why))))
		return e;
	puts("正在用新的数据密钥重新密封，通话照常 / Sealing again with a new data key; calls go "
	     "on");
	e = follow(l, job, o->is_here, why);
	job_runner_free(&runner);
	return e;
}

/* ---- the command ---- */

struct verb {
	const char *name;
	enum err (*run)(struct local *l, const struct key_options *o, struct why *why);
};
static const struct verb VERBS[] = { { "backup", key_backup },
	                             { "restore", key_restore },
	                             { "show", key_show },
	                             { "rotate", key_rotate } };

int cmd_key(int argc, char **argv)
{
	static struct local l;
	struct key_options o = { 0 };
	struct why why = { 0 };
	enum err e = local_read(&l, &argc, argv, &why);
	const struct verb *v = NULL;
	for (size_t i = 0; i < sizeof VERBS / sizeof VERBS[0]; i++)
		if (argc > 1 && strcmp(argv[1], VERBS[i].name) == 0)
			v = &VERBS[i];
	if (!e && !v)
		e = fail(&why, E_SETUP_VALUE, "key", argc > 1 ? argv[1] : "",
		         "it is one of backup, restore, show, rotate");
	if (!e)
		e = read_options(argc, argv, &o, &why);
	if (!e)
		e = v->run(&l, &o, &why);
	local_close(&l);
	return e ? failed(e, &why) : 0;
}
