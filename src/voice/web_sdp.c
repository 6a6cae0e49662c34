#include "voice/web_sdp.h"

#include <re.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"

static void free_session(struct sdp_session **s)
{
	mem_deref(*s);
}
static void free_mbuf(struct mbuf **m)
{
	mem_deref(*m);
}

/* 4 bits a letter. Letters are ice-chars, and no run of digits can look like a telephone number to
 * whoever masks those on their way to a browser: a masked password is no password. */
static void draw_letters(char *ret, size_t n)
{
	unsigned char r[64];
	crypto_random(r, sizeof r);
	for (size_t i = 0; i < n; i++)
		ret[i] = (char)('a' + r[i] % 16);
	ret[n] = '\0';
}

void web_local_draw(struct web_local *l)
{
	draw_letters(l->ufrag, 8);
	draw_letters(l->pwd, 36); /* 144 bits */
}

static bool parse_fingerprint(const char *attr, unsigned char *ret)
{
	if (!attr || strncasecmp(attr, "sha-256 ", 8) != 0)
		return false;
	attr += 8;
	for (int i = 0; i < WEB_FINGERPRINT_BYTES; i++) {
		bool is_last = i == WEB_FINGERPRINT_BYTES - 1;
		char hex[3] = { attr[0], attr[0] ? attr[1] : '\0', '\0' };
		if (!crypto_unhex(hex, ret + i, 1) || (!is_last && attr[2] != ':'))
			return false;
		attr += is_last ? 2 : 3;
	}
	return *attr == '\0' || *attr == ' ';
}

static void print_fingerprint(const unsigned char *fp, char text[WEB_FINGERPRINT_BYTES * 3])
{
	for (int i = 0; i < WEB_FINGERPRINT_BYTES; i++)
		snprintf(text + 3 * i, 4, i == WEB_FINGERPRINT_BYTES - 1 ? "%02X" : "%02X:", fp[i]);
}

/* A session that can do what we can: PCMA, or PCMU for a browser without it, and digits. Offered
 * both, libre would take the browser's favourite, and each packet would have to be translated. */
static int new_session(struct sdp_session **ret, struct sdp_media **ret_m, int port, bool has_pcma)
{
	struct sa any;
	int err = sa_set_str(&any, "127.0.0.1", 9);
	if (!err)
		err = sdp_session_alloc(ret, &any);
	if (!err)
		err = sdp_media_add(ret_m, *ret, "audio", (uint16_t)port, "UDP/TLS/RTP/SAVPF");
	if (!err)
		err = sdp_format_add(NULL, *ret_m, false, has_pcma ? "8" : "0",
		                     has_pcma ? "PCMA" : "PCMU", 8000, 1, NULL, NULL, NULL, false,
		                     NULL);
	if (!err)
		err = sdp_format_add(NULL, *ret_m, false, NULL, "telephone-event", 8000, 1, NULL,
		                     NULL, NULL, false, "0-15");
	return err;
}

static enum err read_remote(const struct sdp_session *s, const struct sdp_media *m,
                            struct web_remote *ret, struct why *why)
{
	if (!parse_fingerprint(sdp_media_session_rattr(m, s, "fingerprint"), ret->fingerprint))
		return fail(why, E_WEB_OFFER, "no SHA-256 fingerprint");
	if (!sdp_media_rattr(m, "rtcp-mux"))
		return fail(why, E_WEB_OFFER, "no rtcp-mux");
	const struct sdp_format *f = sdp_media_rformat(m, NULL);
	if (!f || !f->name ||
	    (strcasecmp(f->name, "PCMA") != 0 && strcasecmp(f->name, "PCMU") != 0))
		return fail(why, E_WEB_OFFER, "neither PCMA nor PCMU");
	ret->codec = strcasecmp(f->name, "PCMA") == 0 ? CODEC_PCMA : CODEC_PCMU;
	ret->pt = f->pt;
	const struct sdp_format *digits = sdp_media_rformat(m, "telephone-event");
	ret->pt_digits = digits ? digits->pt : -1;
	return ERR_OK;
}

static int set_candidates(struct sdp_media *m, const struct web_local *l)
{
	int err = 0;
	unsigned preference = 65535;
	char list[512], *at;
	snprintf(list, sizeof list, "%s", l->candidates);
	for (char *a = strtok_r(list, " ", &at); a && !err;
	     a = strtok_r(NULL, " ", &at), preference--) {
		/* RFC 8445 5.1.2.1: host, component 1 */
		unsigned priority = (126U << 24) + (preference << 8) + 255;
		err = sdp_media_set_lattr(m, false, "candidate", "%u 1 UDP %u %s %d typ host",
		                          65536 - preference, priority, a, l->port);
	}
	return err;
}

static int set_answer(struct sdp_session *s, struct sdp_media *m, const struct web_local *l)
{
	char fp[WEB_FINGERPRINT_BYTES * 3];
	print_fingerprint(l->fingerprint, fp);
	const char *mid = sdp_media_rattr(m, "mid");
	int err = sdp_session_set_lattr(s, true, "ice-lite", NULL);
	if (mid) {
		err |= sdp_session_set_lattr(s, true, "group", "BUNDLE %s", mid);
		err |= sdp_media_set_lattr(m, true, "mid", "%s", mid);
	}
	err |= sdp_session_set_lattr(s, true, "msid-semantic", "WMS *");
	err |= sdp_media_set_lattr(m, true, "rtcp-mux", NULL);
	err |= sdp_media_set_lattr(m, true, "setup", "passive");
	err |= sdp_media_set_lattr(m, true, "fingerprint", "sha-256 %s", fp);
	err |= sdp_media_set_lattr(m, true, "ice-ufrag", "%s", l->ufrag);
	err |= sdp_media_set_lattr(m, true, "ice-pwd", "%s", l->pwd);
	err |= set_candidates(m, l);
	err |= sdp_media_set_lattr(m, true, "end-of-candidates", NULL);
	err |= sdp_media_set_lattr(m, true, "ptime", "20");
	err |= sdp_media_set_lattr(m, true, "ssrc", "%u cname:hujiao", l->ssrc);
	err |= sdp_media_set_lattr(m, true, "msid", "hujiao voice");
	return err;
}

enum err web_answer(const char *offer, const struct web_local *local, struct web_remote *ret_remote,
                    char **ret_answer, struct why *why)
{
	CLEANUP(free_session) struct sdp_session *s = NULL;
	CLEANUP(free_mbuf) struct mbuf *in = mbuf_alloc(1024);
	CLEANUP(free_mbuf) struct mbuf *out = NULL;
	struct sdp_media *m = NULL;
	struct web_remote remote = { .pt_digits = -1 };

	size_t n = strnlen(offer, WEB_OFFER_MAX_BYTES + 1);
	if (n > WEB_OFFER_MAX_BYTES)
		return fail(why, E_WEB_OFFER, "longer than 64 KiB");
	if (!in || mbuf_write_mem(in, (const uint8_t *)offer, n) ||
	    new_session(&s, &m, local->port, strstr(offer, "PCMA/8000") != NULL))
		return fail(why, E_NOMEM);
	mbuf_set_pos(in, 0);
	if (sdp_decode(s, in, true))
		return fail(why, E_WEB_OFFER, "it cannot be read");
	enum err e = read_remote(s, m, &remote, why);
	if (e)
		return e;
	if (set_answer(s, m, local) || sdp_encode(&out, s, false))
		return fail(why, E_NOMEM);
	char *text = strndup((const char *)mbuf_buf(out), mbuf_get_left(out));
	if (!text)
		return fail(why, E_NOMEM);
	*ret_remote = remote;
	*ret_answer = text;
	return ERR_OK;
}
