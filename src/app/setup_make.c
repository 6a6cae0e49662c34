/* The doing of `hujiao setup`: files, keys, tables, the first link, and what the operator is told.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/cert.h"
#include "app/setup.h"
#include "auth/login.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "gate/policy.h"
#include "gate/vault.h"
#include "store/db.h"
#include "store/migrate.h"
#include "store/writer.h"

#define HTTPS_PORT "8443"

/* ---- defaults ---- */

/* The address of the card that leads out: a connected datagram socket has one, and sends nothing.
 */
static void own_address(char *ret, size_t size)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) }, from = { 0 };
	socklen_t len = sizeof from;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET, "192.0.2.1", &to.sin_addr); /* RFC 5737: nobody's */
	str_copy(ret, size, "127.0.0.1");
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
	    getsockname(fd, (struct sockaddr *)&from, &len) == 0)
		inet_ntop(AF_INET, &from.sin_addr, ret, (socklen_t)size);
	if (fd >= 0)
		close(fd);
}

void setup_defaults(struct config *c)
{
	char addr[INET_ADDRSTRLEN];
	config_defaults(c);
	own_address(addr, sizeof addr);
	str_copy(c->https, sizeof c->https, "on");
	str_copy(c->http_addr, sizeof c->http_addr, "0.0.0.0");
	str_copy(c->http_port, sizeof c->http_port, HTTPS_PORT);
	str_copy(c->sip_addr, sizeof c->sip_addr, addr);
	snprintf(c->media_addr, sizeof c->media_addr, "%s:%d", addr, SETUP_MEDIA_PORT);
}

enum err setup_try_database(const struct config *c, struct why *why)
{
	CLEANUP(db_close) struct db *db = NULL;
	return *c->database ? db_open(c->database, DB_WRITE, &db, why) : ERR_OK;
}

/* ---- making ---- */

static enum err make_certificate(const struct setup *s, const struct paths *p, bool *ret_made,
                                 struct why *why)
{
	char dir[PATH_BYTES];
	*ret_made = false;
	if (!config_on(s->config.https) || *s->config.tls_cert || access(p->tls_cert, F_OK) == 0)
		return ERR_OK;
	str_copy(dir, sizeof dir, p->tls_cert);
	*strrchr(dir, '/') = '\0';
	struct cert_cfg cc = { .dir = dir,
		               .company = s->config.company,
		               .addr = s->names,
		               .n_addr = s->n_names,
		               .now_utc_ms = clock_utc_ms() };
	*ret_made = true;
	return cert_make(&cc, why);
}

static enum err make_link(struct local *l, bool is_new, char *token, bool *ret_made,
                          struct why *why)
{
	int64_t now_utc_ms = clock_utc_ms(), id = 0;
	enum err e =
	    first_start(l->db, l->writer, l->config.company, now_utc_ms, token, ret_made, why);
	if (e || *ret_made || !is_new)
		return e;
	struct client c = { .addr = "", .user_agent = "hujiao setup", .now_utc_ms = now_utc_ms };
	e = db_int(l->db, "SELECT id FROM person WHERE job_no = 'admin'", NOARGS, &id, why);
	if (!e)
		e = link_new(l->writer, id, "password", 0, &c, token, why);
	*ret_made = !e;
	return e;
}

static enum err write_config(const struct setup *s, struct why *why)
{
	CLEANUP(str_drop) char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	if (!out)
		return fail(why, E_NOMEM);
	config_write(out, &s->config);
	if (fclose(out) != 0)
		return fail(why, E_NOMEM);
	return file_write_atomic(s->config_path, text, n, 0600, why);
}

/* The folder of the configuration, which holds the key too: apart from data and its backups. */
static enum err prepare_folder(struct setup *s, struct why *why)
{
	char dir[PATH_BYTES];
	str_copy(dir, sizeof dir, s->config_path);
	char *slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	else
		str_copy(dir, sizeof dir, ".");
	enum err e = *dir ? file_mkdirs(dir, 0700, why) : ERR_OK;
	CLEANUP(str_drop) char *real = e ? NULL : realpath(*dir ? dir : "/", NULL);
	if (e || *s->config.master_key_file)
		return e;
	if (!real)
		return fail(why, E_NOMEM);
	snprintf(s->config.master_key_file, sizeof s->config.master_key_file, "%.400s/master.key",
	         real);
	return ERR_OK;
}

/* ---- telling ---- */

/* The name people type: the first of the certificate, else the SIP card's address. */
static void tell_link(const struct setup *s, const char *token)
{
	const char *host = s->n_names                                    ? s->names[0]
	                   : strcmp(s->config.http_addr, "0.0.0.0") == 0 ? s->config.sip_addr
	                                                                 : s->config.http_addr;
	printf("\n管理员 admin 的一次性链接（%d 小时内有效，只能用一次）\n"
	       "One-time link of the administrator 'admin' (valid for %d hours, once):\n"
	       "  %s://%s:%s/link?token=%s\n",
	       LINK_HOURS, LINK_HOURS, config_on(s->config.https) ? "https" : "http", host,
	       s->config.http_port, token);
}

static void tell_ports(const struct config *c)
{
	char addr[CONFIG_VALUE_BYTES];
	int media = 0;
	(void)!config_addr_port(c->media_addr, addr, sizeof addr, &media);
	printf("\n防火墙放行 / Ports to open in the firewall:\n"
	       "  %s/tcp          网页，坐席电脑 / the page, from agents' PCs\n",
	       c->http_port);
	if (media)
		printf(
		    "  %d/udp         浏览器语音，坐席电脑 / browsers' voice, from agents' PCs\n",
		    media);
	else
		puts("  随机/udp        浏览器语音：请在 media_addr 写明端口 / browsers' voice: "
		     "give "
		     "media_addr a port");
	printf("  %s/udp, tcp     SIP，仅运营商地址 / SIP, from the carrier's addresses alone\n"
	       "  20000-59998/udp  线路与话机语音 / voice of lines and desk phones\n",
	       c->sip_port);
}

static void tell_next(const struct setup *s)
{
	printf("\n主密钥 %s 打开全部号码，丢失则号码无法恢复。请立即备份并与数据分开保存：\n"
	       "  hujiao key backup --to FILE\n"
	       "The master key opens every number; without it they are lost. Back it up now, apart "
	       "from "
	       "the data (the command above).\n",
	       s->config.master_key_file);
	if (s->user)
		puts("\n启动 / Start:  sudo systemctl enable --now hujiao");
	else
		printf("\n启动 / Start:  hujiao serve --config %s\n", s->config_path);
}

/* ---- both ways in ---- */

static enum err make_all(struct setup *s, struct local *l, char *token, bool *ret_link,
                         struct why *why)
{
	bool has_cert = false;
	enum err e = prepare_folder(s, why);
	l->config = s->config;
	if (e || (e = paths_find(&l->config, &l->paths, why)) ||
	    (e = make_certificate(s, &l->paths, &has_cert, why)) ||
	    (e = local_open(l, true, why)) || (e = local_open_vault(l, why)) ||
	    (e = make_link(l, false, token, ret_link, why)))
		return e;
	if (has_cert)
		puts("已生成公司根证书与服务器证书；各电脑打开 /ca.crt 安装根证书。\n"
		     "Made the company's root certificate and the server's; PCs install the root "
		     "from "
		     "/ca.crt.");
	return ERR_OK;
}

enum err setup_make(struct setup *s, struct why *why)
{
	static struct local l;
	char token[LINK_TOKEN_BYTES];
	bool has_link = false;
	enum err e = make_all(s, &l, token, &has_link, why);
	local_close(&l); /* its last words go to the disk before the files change hands */
	if (!e)
		e = local_give(l.paths.data, s->user, "ca.key", why);
	if (e || (e = write_config(s, why)))
		return e;
	printf("已写入 / Wrote %s\n", s->config_path);
	tell_ports(&s->config);
	tell_next(s);
	if (has_link)
		tell_link(s, token);
	return ERR_OK;
}

static void show_state(const struct local *l)
{
	struct why why = { 0 };
	struct migrate_state st = { 0 };
	char url[CONFIG_VALUE_BYTES + PATH_BYTES];
	local_hide_password(l->paths.database, url, sizeof url);
	if (migrate_state(l->paths.database, &st, &why))
		printf("  数据库 / database     %s: %s\n", url, why_en(&why));
	else
		printf("  数据库 / database     %s (schema %d / %d)\n", url,
		       st.applied + st.unknown, migrate_steps());
	printf("  主密钥 / master key   %s%s\n", l->paths.master_key,
	       access(l->paths.master_key, F_OK) ? "  (不存在 / is not there)" : "");
	if (*l->paths.tls_cert)
		printf("  证书 / certificate    %s%s\n", l->paths.tls_cert,
		       access(l->paths.tls_cert, F_OK) ? "  (不存在 / is not there)" : "");
}

static void show_values(const struct config *c)
{
#define X(key, def, en, zh) \
	if (*c->key && strcmp(#key, "database") != 0) \
		printf("  %-18s %s\n", #key, c->key);
	CONFIG_KEYS(X)
#undef X
}

enum err setup_show(struct setup *s, struct why *why)
{
	static struct local l;
	char *args[] = { (char[]){ "setup" }, (char[]){ "--config" },
		         (char *)(uintptr_t)s->config_path, NULL };
	int n = 3;
	enum err e = local_read(&l, &n, args, why);
	if (e)
		return e;
	s->config = l.config;
	printf("已设置过，不做改动 / Set up already, nothing is changed: %s\n", s->config_path);
	show_values(&l.config);
	show_state(&l);
	tell_ports(&l.config);
	if (!s->wants_link)
		return ERR_OK;
	char token[LINK_TOKEN_BYTES];
	bool has_link = false;
	e = local_open(&l, false, why);
	if (!e)
		e = make_link(&l, true, token, &has_link, why);
	if (!e && has_link)
		tell_link(s, token);
	local_close(&l);
	return e;
}
