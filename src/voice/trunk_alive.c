/* Whether a trunk lives: REGISTER for those with an account, OPTIONS for all. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "voice/voice_int.h"

enum { OPTIONS_WAIT_MS = 4000, RETRY_MS = 5000, MISSES_DOWN = 2 };

static void options_due(void *arg);

int trunk_auth(char **user, char **pass, const char *realm, void *arg)
{
	const struct trunk *t = arg;
	(void)realm;
	if (!t || !t->cfg.secret[0])
		return EAUTH;
	int err = str_dup(user, t->cfg.auth_user);
	return err ? err : str_dup(pass, t->cfg.secret);
}

/* ---- the name ---- */

static void dns_answered(int err, const struct dnshdr *hdr, struct list *answers,
                         struct list *authorities, struct list *more, void *arg)
{
	struct trunk *t = arg;
	(void)answers, (void)authorities, (void)more;
	if (!err)
		t->dns_fault =
		    hdr->rcode == DNS_RCODE_NAME_ERR ? "the DNS does not know its name" : NULL;
}

/* libre looks a name up by itself and says only that no answer came. Whether the DNS or the carrier
 * is silent makes another remedy, so the DNS is asked once more beside it. */
static void ask_dns(struct trunk *t)
{
	struct sa sa;
	t->dns_req = mem_deref(t->dns_req);
	t->dns_fault = NULL;
	if (sa_set_str(&sa, t->cfg.host, 0) &&
	    dnsc_query(&t->dns_req, t->v->dnsc, t->cfg.host, DNS_TYPE_A, DNS_CLASS_IN, true,
	               dns_answered, t) == 0)
		t->dns_fault = "its name is not resolved: the DNS server does not answer";
}

/* ---- OPTIONS ---- */

static void options_over(struct trunk *t, bool is_alive, int code)
{
	tmr_cancel(&t->options_wait);
	t->options_missed = is_alive ? 0 : t->options_missed + 1;
	bool is_registered = !t->cfg.is_registered || (t->reg && sipreg_registered(t->reg));
	if (is_alive && is_registered)
		trunk_state(t, TRUNK_UP, code, "");
	else if (!is_alive &&
	         (t->options_missed >= MISSES_DOWN || t->status.state == TRUNK_STARTING))
		trunk_state(t, TRUNK_DOWN, code,
		            code           ? "it is out of service (503)"
		            : t->dns_fault ? t->dns_fault
		                           : "it does not answer OPTIONS");
	int wait_ms = is_alive ? t->cfg.options_s * 1000 : RETRY_MS;
	tmr_start(&t->options_tmr,
	          (uint64_t)(wait_ms < t->cfg.options_s * 1000 ? wait_ms : t->cfg.options_s * 1000),
	          options_due, t);
}

static void options_unanswered(void *arg)
{
	struct trunk *t = arg;
	t->options_req = mem_deref(t->options_req);
	options_over(t, false, 0);
}

/* Any answer but 503 comes from something alive, also "not found" and "not allowed". */
static void options_answered(int err, const struct sip_msg *msg, void *arg)
{
	struct trunk *t = arg;
	if (!err && msg->scode < 200)
		return;
	if (!err)
		trunk_learn(t, &msg->src);
	options_over(t, !err && msg->scode != 503, err ? 0 : msg->scode);
}

static int options_headers(enum sip_transp tp, const struct sa *src, const struct sa *dst,
                           struct mbuf *mb, void *arg)
{
	struct sip_contact contact;
	(void)dst;
	(void)arg;
	sip_contact_set(&contact, "trunk", src, tp);
	return mbuf_printf(mb, "%H", sip_contact_print, &contact);
}

static void options_due(void *arg)
{
	struct trunk *t = arg;
	char uri[VOICE_URI_BYTES], from[VOICE_URI_BYTES], route[VOICE_URI_BYTES];
	const char *routes[] = { trunk_route(t, route, sizeof route) };
	trunk_uri(t, "", uri, sizeof uri);
	re_snprintf(from, sizeof from, "sip:%s@%s", t->cfg.user[0] ? t->cfg.user : "trunk",
	            trunk_advertised(t));
	t->options_dlg = mem_deref(t->options_dlg);
	t->options_req = mem_deref(t->options_req);
	ask_dns(t);
	int err = sip_dialog_alloc(&t->options_dlg, uri, uri, NULL, from, routes[0] ? routes : NULL,
	                           routes[0] ? 1 : 0);
	if (!err)
		err = sip_drequestf(&t->options_req, t->ep->sip, true, "OPTIONS", t->options_dlg, 0,
		                    NULL, options_headers, options_answered, t,
		                    "Accept: application/sdp\r\nContent-Length: 0\r\n\r\n");
	if (err)
		options_over(t, false, 0);
	else
		tmr_start(&t->options_wait, OPTIONS_WAIT_MS, options_unanswered, t);
}

/* ---- REGISTER ---- */

static void register_answered(int err, const struct sip_msg *msg, void *arg)
{
	struct trunk *t = arg;
	if (!err && msg->scode < 200)
		return;
	if (!err)
		trunk_learn(t, &msg->src);
	if (!err && msg->scode < 300)
		trunk_state(t, TRUNK_UP, msg->scode, "");
	else if (err)
		trunk_state(t, TRUNK_DOWN, 0,
		            err == EAUTH ? "user or password was refused"
		                         : "the registrar does not answer");
	else
		trunk_state(t, TRUNK_DOWN, msg->scode,
		            msg->scode == 401 || msg->scode == 403 || msg->scode == 407
		                ? "user or password was refused"
		                : "the registrar refuses");
}

static int start_register(struct trunk *t)
{
	char registrar[VOICE_URI_BYTES], aor[VOICE_URI_BYTES], route[VOICE_URI_BYTES];
	const char *domain = t->cfg.domain[0] ? t->cfg.domain : t->cfg.host;
	const char *routes[] = { trunk_route(t, route, sizeof route) };
	trunk_uri(t, "", registrar, sizeof registrar);
	re_snprintf(aor, sizeof aor, "sip:%s@%s", t->cfg.user, domain);
	return sipreg_register(&t->reg, t->ep->sip, registrar, aor, NULL, aor,
	                       (uint32_t)t->cfg.register_s, t->cfg.user, routes[0] ? routes : NULL,
	                       routes[0] ? 1 : 0, 0, trunk_auth, t, false, register_answered, t,
	                       NULL, NULL);
}

/* ---- */

enum err trunk_alive_start(struct trunk *t, struct why *why)
{
	int err = t->cfg.is_registered ? start_register(t) : 0;
	if (err)
		return fail(why, E_TRUNK_CFG, t->cfg.name, "host", "no address can be made of it");
	if (t->cfg.options_s > 0)
		tmr_start(&t->options_tmr, 0, options_due, t);
	else if (!t->cfg.is_registered)
		trunk_state(t, TRUNK_UP, 0, "");
	return ERR_OK;
}

void trunk_alive_stop(struct trunk *t)
{
	tmr_cancel(&t->options_tmr);
	tmr_cancel(&t->options_wait);
	t->dns_req = mem_deref(t->dns_req);
	t->options_req = mem_deref(t->options_req);
	t->options_dlg = mem_deref(t->options_dlg);
	t->reg = mem_deref(t->reg);
}
