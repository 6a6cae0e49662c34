/* app/config.h -- what must be known before the database opens: hujiao.conf.
 *
 * Everything else is versioned rows (profile/). At most 15 keys; a test counts them. */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* X(key, default, English, Chinese). Values are text; config_port() and config_on() read the rest.
 */
#define CONFIG_KEYS(X) \
	X(company, "胡椒", "company name as agents say it", "话术里的公司名") \
	X(data_dir, "/var/lib/hujiao", "database, recordings, uploads", \
	  "数据库、录音与上传文件所在") \
	X(database, "", "postgres://… for many nodes; empty: one SQLite file in data_dir", \
	  "多节点填 postgres://…；留空用 data_dir 里的 SQLite") \
	X(master_key_file, "", "0600 file that wraps the data keys; empty: data_dir/master.key", \
	  "0600 权限的主密钥文件；留空为 data_dir/master.key") \
	X(cell, "1", "which cell this process runs: its teams, campaigns and lines; 1..9999", \
	  "本进程运行的单元（其班组、活动与线路）：1..9999") \
	X(http_addr, "127.0.0.1", "address the page is served on", "网页监听地址") \
	X(http_port, "8080", "port the page is served on", "网页端口") \
	X(https, "off", "on: serve https; needed beyond this machine", \
	  "on：用 https；给其他电脑用时必须开") \
	X(tls_cert, "", "PEM certificate; empty: made by `hujiao cert`", \
	  "PEM 证书；留空用 hujiao cert 生成的") \
	X(tls_key, "", "PEM key; empty: made by `hujiao cert`", \
	  "PEM 私钥；留空用 hujiao cert 生成的") \
	X(sip_addr, "127.0.0.1", "address for SIP", "SIP 监听地址") \
	X(sip_port, "5060", "port for SIP over UDP and TCP", "SIP 端口（UDP 与 TCP）") \
	X(media_addr, "127.0.0.1", \
	  "address[:port] for browsers' voice packets; without a port: any free one", \
	  "浏览器语音包的监听地址[:端口]；不写端口则任选空闲端口") \
	X(media_advertised, "", "address told to browsers and carriers; empty: media_addr", \
	  "告诉浏览器与运营商的地址；留空同 media_addr") \
	X(log_level, "info", "error, warn, info or debug", "日志级别：error、warn、info、debug")

enum { CONFIG_VALUE_BYTES = 512 };

struct config {
#define X(key, def, en, zh) char key[CONFIG_VALUE_BYTES];
	CONFIG_KEYS(X)
#undef X
};

/** Fills every key with its default. */
void config_defaults(struct config *c);

/** Sets one key. @return ERR_INVALID: no such key, or too long */
enum err config_set(struct config *c, const char *key, const char *value, struct why *why) MUST_USE;

/** Reads `path` over what `c` holds. Lines are `key = value`, `#` begins a comment line.
 *  @return ERR_IO (file), ERR_INVALID with the line; `c` may then be partly changed */
enum err config_read(struct config *c, const char *path, struct why *why) MUST_USE;

/** Checks values that hang together (ports, switches, cell). */
enum err config_check(const struct config *c, struct why *why) MUST_USE;

uint16_t config_port(const char *value); /* 0 when it is not 1..65535 */
bool config_on(const char *value);
int64_t config_cell(const char *value); /* 0 when it is not 1..9999 */

/** Takes "address", "address:port", "[v6]" or "[v6]:port" apart; port 0 when there is none.
 *  @return false: it is none of these */
bool config_addr_port(const char *value, char *ret_addr, size_t size, int *ret_port);

/** Writes `c` as a file config_read() takes: every key with its meaning, defaults as comments. */
void config_write(FILE *out, const struct config *c);

/** Lists keys, defaults and meanings. */
void config_print_help(FILE *out, enum lang lang);

#endif
