/* hujiao -- everything a telesales department works with, in one program. */
#include <stdio.h>
#include <string.h>

#include "app/commands.h"
#include "base/crypto.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args, *en, *zh;
};

static int help(int argc, char **argv);

static const struct command COMMANDS[] = {
	{ "serve", cmd_serve, "[--config FILE] [--set KEY=VALUE]...", "run the server",
	  "启动服务" },
	{ "demo", cmd_demo, "[--dir DIR] [--port N] [--lan]", "a living call centre to look at",
	  "带 30 天历史和在线坐席的演示" },
	{ "practice", cmd_practice, "(its orders come on standard input)",
	  "simulated customers and agents", "模拟客户与坐席" },
	{ "pace", cmd_pace, "--stdio", "the pacing of predictive campaigns, for a simulator",
	  "预测外呼的节拍算法，供仿真器评测" },
	{ "setup", cmd_setup, "[--config FILE] [--yes] [--KEY VALUE]...",
	  "first steps: folder, database, addresses, certificate, key, log-in",
	  "首次设置：目录、数据库、地址、证书、密钥、管理员登录" },
	{ "backup", cmd_backup, "--to DIR [--recordings]",
	  "copy the database and list the recordings, while calls run",
	  "备份数据库与录音清单，不影响通话" },
	{ "restore", cmd_restore, "--from DIR/hujiao-…", "restore a backup into an empty place",
	  "把备份恢复到空的位置" },
	{ "verify", cmd_verify, "[--against DIR/hujiao-…] [--quick]",
	  "compare database and recordings (3: differences)", "核对数据库与录音（3：有差异）" },
	{ "key", cmd_key,
	  "backup --to FILE | restore --from FILE | show | rotate [--master] [--here]",
	  "the keys that open the numbers", "打开号码的密钥：备份、放回、查看、轮换" },
	{ "support", cmd_support, "--to FILE.tar.gz [--log FILE]",
	  "gather what a support engineer asks for; no number, name or secret in it",
	  "收集排障资料（不含号码、姓名和密钥）" },
	{ "cert", cmd_cert, "--dir DIR [--company NAME] [ADDRESS...]",
	  "make a company CA and a certificate", "生成公司根证书与服务器证书" },
	{ "worker", cmd_worker, "(started by the server)",
	  "reads foreign files apart from the server", "在独立进程里读取外来文件" },
	{ "help", help, "[config|example]", "this text, or the settings of hujiao.conf",
	  "本说明；help config 列出配置项，help example 给出配置文件样例" },
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0] };

static int help(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "config") == 0) {
		config_print_help(stdout, LANG_EN);
		return 0;
	}
	if (argc > 1 && strcmp(argv[1], "example") == 0) {
		static struct config c;
		config_defaults(&c);
		config_write(stdout, &c);
		return 0;
	}
	printf("hujiao %s\n\n", HUJIAO_VERSION);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  hujiao %-9s %-42s %s\n  %61s %s\n", COMMANDS[i].name, COMMANDS[i].args,
		       COMMANDS[i].en, "", COMMANDS[i].zh);
	return 0;
}

int main(int argc, char **argv)
{
	struct why why = { 0 };
	if (crypto_init(&why)) {
		fprintf(stderr, "hujiao: %s\n", why_en(&why));
		return 1;
	}
	if (argc < 2)
		return help(0, NULL);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(argv[1], COMMANDS[i].name) == 0)
			return COMMANDS[i].run(argc - 1, argv + 1);
	fprintf(stderr, "hujiao: there is no command '%s'; `hujiao help` lists them\n", argv[1]);
	return 2;
}
