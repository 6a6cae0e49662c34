#include "sip_peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { REPEAT_NS = 500000000, REPEATS_MAX = 12 };

static const int64_t MS_NS = 1000000;

int64_t wall_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct door door_open(const char *addr, int port, int ring_ms, int talk_ms)
{
	struct door d = { .ring_ms = ring_ms, .talk_ms = talk_ms };
	int size = 8 << 20;
	d.at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	inet_pton(AF_INET, addr, &d.at.sin_addr);
	d.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d.fd < 0 || bind(d.fd, (struct sockaddr *)&d.at, sizeof d.at)) {
		perror(addr);
		exit(1);
	}
	(void)setsockopt(d.fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	return d;
}

/* ---- text ---- */

/* All lines of one header, each with its end, into `out`. */
static void header_lines(const char *msg, const char *name, char *out, size_t size)
{
	size_t n = strlen(name), at = 0;
	out[0] = '\0';
	for (const char *p = strstr(msg, "\r\n"); p && p[2] && p[2] != '\r';
	     p = strstr(p + 2, "\r\n")) {
		const char *line = p + 2, *end = strstr(line, "\r\n");
		if (!end || strncasecmp(line, name, n) != 0 || line[n] != ':')
			continue;
		at += (size_t)snprintf(out + at, size - at, "%.*s\r\n", (int)(end - line), line);
		if (at >= size)
			return;
	}
}

/* The value of the first header of a name, without its line end. */
static void header(const char *msg, const char *name, char *out, size_t size)
{
	char line[1024];
	header_lines(msg, name, line, sizeof line);
	const char *value = line[0] ? line + strlen(name) + 1 : "";
	value += strspn(value, " ");
	snprintf(out, size, "%.*s", (int)strcspn(value, "\r"), value);
}

static void contact_uri(const char *msg, char *out, size_t size)
{
	char value[256];
	header(msg, "Contact", value, sizeof value);
	const char *from = strchr(value, '<');
	from = from ? from + 1 : value;
	snprintf(out, size, "%.*s", (int)strcspn(from, ">"), from);
}

static bool read_media(const char *msg, struct sockaddr_in *ret)
{
	const char *c = strstr(msg, "\nc=IN IP4 "), *m = strstr(msg, "\nm=audio ");
	char addr[32];
	if (!c || !m || sscanf(c + 10, "%31[0-9.]", addr) != 1)
		return false;
	*ret =
	    (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(m + 9)) };
	return inet_pton(AF_INET, addr, &ret->sin_addr) == 1;
}

static int write_sdp(const struct sockaddr_in *at, char *out, size_t size)
{
	char addr[INET_ADDRSTRLEN];
	inet_ntop(AF_INET, &at->sin_addr, addr, sizeof addr);
	return snprintf(out, size,
	                "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
	                "m=audio %d RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
	                "a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n",
	                addr, addr, ntohs(at->sin_port));
}

static void own_address(const struct door *d, char *out, size_t size)
{
	char addr[INET_ADDRSTRLEN];
	inet_ntop(AF_INET, &d->at.sin_addr, addr, sizeof addr);
	snprintf(out, size, "%s:%d", addr, ntohs(d->at.sin_port));
}

static void put(const struct door *d, const struct sockaddr_in *to, const char *msg, int len)
{
	(void)!sendto(d->fd, msg, (size_t)len, 0, (const struct sockaddr *)to, sizeof *to);
}

static void keep_and_put(const struct door *d, struct sip_call *c, int len)
{
	c->last_len = len;
	c->sent_ns = wall_ns();
	put(d, &c->peer, c->last, len);
}

/* ---- requests of ours ---- */

static int write_request(const struct door *d, const struct sip_call *c, const char *method,
                         const char *uri, int cseq, const char *sdp, char *out)
{
	static unsigned branch;
	char own[64];
	own_address(d, own, sizeof own);
	return snprintf(out, MSG_BYTES,
	                "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%u\r\n"
	                "Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n"
	                "Contact: <sip:load@%s>\r\n%sContent-Length: %zu\r\n\r\n%s",
	                method, uri, own, ++branch, c->us, c->them, c->call_id, cseq, method, own,
	                sdp[0] ? "Content-Type: application/sdp\r\n" : "", strlen(sdp), sdp);
}

void sip_invite(const struct sip_calls *o, const struct door *d, struct sip_call *c,
                const char *user, const struct sockaddr_in *server)
{
	char sdp[512], own[64], addr[INET_ADDRSTRLEN];
	struct sockaddr_in media = o->media_port(c);
	inet_ntop(AF_INET, &server->sin_addr, addr, sizeof addr);
	own_address(d, own, sizeof own);
	write_sdp(&media, sdp, sizeof sdp);
	c->is_caller = true;
	c->state = CALL_ASKED;
	c->peer = *server;
	snprintf(c->target, sizeof c->target, "sip:%s@%s:%d", user, addr, ntohs(server->sin_port));
	snprintf(c->us, sizeof c->us, "<sip:200@%s>;tag=%s", own, c->call_id);
	snprintf(c->them, sizeof c->them, "<%s>", c->target);
	keep_and_put(d, c, write_request(d, c, "INVITE", c->target, ++c->cseq, sdp, c->last));
}

void sip_bye(const struct sip_calls *o, const struct door *d, struct sip_call *c)
{
	if (c->state != CALL_UP)
		return;
	o->is_over(c);
	c->state = CALL_ENDING;
	c->repeats = 0;
	keep_and_put(d, c, write_request(d, c, "BYE", c->target, ++c->cseq, "", c->last));
}

static void take_response(const struct sip_calls *o, const struct door *d, const char *msg)
{
	char id[NAME_BYTES], cseq[64], ack[MSG_BYTES];
	int code = atoi(msg + 8);
	header(msg, "Call-ID", id, sizeof id);
	header(msg, "CSeq", cseq, sizeof cseq);
	struct sip_call *c = o->find(id, false);
	if (!c || code < 200)
		return;
	if (strstr(cseq, "BYE")) {
		c->state = CALL_OVER;
		c->is_failed |= code >= 300;
		return;
	}
	header(msg, "To", c->them, sizeof c->them);
	if (code < 300)
		contact_uri(msg, c->target, sizeof c->target);
	put(d, &c->peer, ack, write_request(d, c, "ACK", c->target, 1, "", ack));
	if (c->state != CALL_ASKED)
		return; /* a repeated answer */
	if (code >= 300 || !read_media(msg, &c->media)) {
		c->is_failed = true;
		c->state = CALL_OVER;
		o->is_over(c);
		return;
	}
	c->state = CALL_UP;
	c->answered_ns = wall_ns();
	o->is_up(c);
}

/* ---- requests of theirs ---- */

static int write_response(const struct door *d, const char *request, const char *status,
                          const char *to, const char *sdp, char *out)
{
	char via[1024], from[256], id[NAME_BYTES], cseq[64], own[64];
	header_lines(request, "Via", via, sizeof via);
	header(request, "From", from, sizeof from);
	header(request, "Call-ID", id, sizeof id);
	header(request, "CSeq", cseq, sizeof cseq);
	own_address(d, own, sizeof own);
	return snprintf(out, MSG_BYTES,
	                "SIP/2.0 %s\r\n%sFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
	                "Contact: <sip:load@%s>\r\n%sContent-Length: %zu\r\n\r\n%s",
	                status, via, from, to, id, cseq, own,
	                sdp[0] ? "Content-Type: application/sdp\r\n" : "", strlen(sdp), sdp);
}

static void send_ok(const struct sip_calls *o, const struct door *d, struct sip_call *c)
{
	c->state = CALL_UP;
	c->answered_ns = wall_ns();
	c->end_ns = d->talk_ms ? c->answered_ns + d->talk_ms * MS_NS : 0;
	put(d, &c->peer, c->last, c->last_len);
	o->is_up(c);
}

static void take_invite(const struct sip_calls *o, const struct door *d, int door, const char *msg,
                        const struct sockaddr_in *from)
{
	char id[NAME_BYTES], sdp[512], ringing[MSG_BYTES];
	header(msg, "Call-ID", id, sizeof id);
	struct sip_call *c = o->find(id, true);
	if (!c)
		return;
	if (c->state != CALL_FREE) { /* repeated: the answer again */
		c->repeats++;
		if (c->state == CALL_UP)
			put(d, &c->peer, c->last, c->last_len);
		return;
	}
	c->door = door;
	c->peer = *from;
	header(msg, "From", c->them, sizeof c->them);
	header(msg, "To", c->us, sizeof c->us - NAME_BYTES);
	strcat(c->us, ";tag=b");
	contact_uri(msg, c->target, sizeof c->target);
	if (!read_media(msg, &c->media))
		return;
	struct sockaddr_in media = o->media_port(c);
	write_sdp(&media, sdp, sizeof sdp);
	c->last_len = write_response(d, msg, "200 OK", c->us, sdp, c->last);
	c->state = CALL_RINGING;
	c->ring_until_ns = wall_ns() + d->ring_ms * MS_NS;
	if (d->ring_ms == 0)
		send_ok(o, d, c);
	else
		put(d, from, ringing, write_response(d, msg, "180 Ringing", c->us, "", ringing));
}

static void take_request(const struct sip_calls *o, const struct door *d, int door, const char *msg,
                         const struct sockaddr_in *from)
{
	char id[NAME_BYTES], to[NAME_BYTES], out[MSG_BYTES];
	if (strncmp(msg, "INVITE ", 7) == 0) {
		take_invite(o, d, door, msg, from);
		return;
	}
	header(msg, "Call-ID", id, sizeof id);
	struct sip_call *c = o->find(id, false);
	if (strncmp(msg, "ACK ", 4) == 0)
		return;
	header(msg, "To", to, sizeof to);
	put(d, from, out, write_response(d, msg, "200 OK", to, "", out));
	if (c && (strncmp(msg, "BYE ", 4) == 0 || strncmp(msg, "CANCEL ", 7) == 0)) {
		c->state = CALL_OVER;
		o->is_over(c);
	}
}

void sip_receive(const struct sip_calls *o, const struct door *d, int door)
{
	char msg[MSG_BYTES + 1];
	struct sockaddr_in from;
	for (;;) {
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(d->fd, msg, MSG_BYTES, 0, (struct sockaddr *)&from, &len);
		if (n <= 0)
			return;
		msg[n] = '\0';
		if (strncmp(msg, "SIP/2.0 ", 8) == 0)
			take_response(o, d, msg);
		else
			take_request(o, d, door, msg, &from);
	}
}

void sip_tick(const struct sip_calls *o, const struct door *d, struct sip_call *c, int64_t now_ns)
{
	if (c->state == CALL_RINGING && now_ns >= c->ring_until_ns)
		send_ok(o, d, c);
	else if (c->state == CALL_UP && c->end_ns && now_ns >= c->end_ns)
		sip_bye(o, d, c);
	else if ((c->state == CALL_ASKED || c->state == CALL_ENDING) &&
	         now_ns - c->sent_ns > REPEAT_NS) {
		if (++c->repeats > REPEATS_MAX) {
			c->is_failed = true;
			c->state = CALL_OVER;
			o->is_over(c);
			return;
		}
		c->sent_ns = now_ns;
		put(d, &c->peer, c->last, c->last_len);
	}
}
