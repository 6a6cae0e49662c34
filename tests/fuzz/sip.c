/* SIP from a trunk, through the real stack on a loopback socket, in the middle of calls we make and
 * take. The input is a scene in pieces cut by "\n--\n": what begins with '!' is something we do,
 * the rest are packets of the other side. What only a live peer could know is written as $CALLID
 * $BRANCH $TAG $CSEQ (of the last packet we sent), $PORT (ours), $PEER (his); a line ends with LF
 * here and with CRLF on the wire. */
#include "fuzz.h"

#include <arpa/inet.h>
#include <re.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "voice/voice_int.h"

/* A stack keeps its transactions for half a minute: a new one now and then keeps a run fast. */
enum { SCENES_A_STACK = 200, TRUNK = 1, PACKET_MAX = 16384, TURNS = 3, WORD_BYTES = 200 };

static struct {
	struct voice *v;
	int peer, peer_port, always, scenes;
	int64_t incoming, last;
	char callid[WORD_BYTES], branch[WORD_BYTES], tag[WORD_BYTES], cseq[WORD_BYTES];
} s = { .peer = -1 };

/* ---- the loop, for as long as it has something to do ---- */

/* Always readable: libre waits a millisecond for a timer that is due, but for nothing else then. */
static void stop_turn(int flags, void *arg)
{
	(void)flags;
	(void)arg;
	re_cancel();
}

static void turn(void)
{
	for (int i = 0; i < TURNS; i++)
		re_main(NULL);
}

static void on_leg(void *ctx, const struct leg_event *ev)
{
	(void)ctx;
	if (ev->kind == LEG_EV_INCOMING)
		s.incoming = ev->leg;
	s.last = ev->leg;
	FUZZ_HOLDS(ev->kind < LEG_EV_COUNT && ev->leg > 0);
}

/* ---- the other side ---- */

static void open_peer(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	s.peer = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(s.peer, (struct sockaddr *)&at, len) ||
	    getsockname(s.peer, (struct sockaddr *)&at, &len))
		abort();
	s.peer_port = ntohs(at.sin_port);
}

/* The word behind `mark`, up to white space, ';' or '>'. */
static void note(const char *packet, const char *mark, char *ret)
{
	const char *p = strstr(packet, mark);
	if (p)
		snprintf(ret, WORD_BYTES, "%.*s", (int)strcspn(p + strlen(mark), " \t\r\n;>"),
		         p + strlen(mark));
}

static void hear(void)
{
	char packet[PACKET_MAX + 1];
	ssize_t n;
	while ((n = recv(s.peer, packet, PACKET_MAX, 0)) >= 0) {
		packet[n] = '\0';
		bool is_reply = strncmp(packet, "SIP/2.0", 7) == 0;
		const char *who = strstr(packet, is_reply ? "\nTo:" : "\nFrom:");
		note(packet, "\nCall-ID: ", s.callid);
		note(packet, "branch=", s.branch);
		note(packet, "\nCSeq: ", s.cseq);
		if (who)
			note(who, "tag=", s.tag);
	}
}

static size_t put_word(char *out, const char **p, const char *end)
{
	static const struct {
		const char *name, *value;
	} WORDS[] = { { "$CALLID", s.callid },
		      { "$BRANCH", s.branch },
		      { "$TAG", s.tag },
		      { "$CSEQ", s.cseq } };
	for (size_t i = 0; i < ARRAY_SIZE(WORDS); i++) {
		size_t n = strlen(WORDS[i].name);
		if ((size_t)(end - *p) >= n && memcmp(*p, WORDS[i].name, n) == 0) {
			*p += n;
			return (size_t)snprintf(out, WORD_BYTES, "%s", WORDS[i].value);
		}
	}
	bool is_ours = end - *p >= 5 && memcmp(*p, "$PORT", 5) == 0;
	if (is_ours || (end - *p >= 5 && memcmp(*p, "$PEER", 5) == 0)) {
		*p += 5;
		return (size_t)snprintf(out, WORD_BYTES, "%d",
		                        is_ours ? voice_sip_port(s.v) : s.peer_port);
	}
	*out = *(*p)++;
	return 1;
}

static void say(const uint8_t *data, size_t size)
{
	static char out[PACKET_MAX];
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		                  .sin_port = htons((uint16_t)voice_sip_port(s.v)) };
	const char *p = (const char *)data, *end = p + size;
	size_t n = 0;
	while (p < end && n + WORD_BYTES + 2 < sizeof out) {
		if (*p == '\n' && (n == 0 || out[n - 1] != '\r'))
			out[n++] = '\r';
		n += put_word(out + n, &p, end);
	}
	(void)sendto(s.peer, out, n, 0, (struct sockaddr *)&to, sizeof to);
}

/* ---- we ---- */

static void act(const char *verb)
{
	struct dial d = { .trunk_id = TRUNK,
		          .to_e164 = "+8613800138000",
		          .caller_e164 = "+862131110000" };
	int64_t leg = s.incoming ? s.incoming : s.last;
	if (strncmp(verb, "!dial", 5) == 0)
		(void)!leg_dial(s.v, &d, &s.last, NULL);
	else if (strncmp(verb, "!ring", 5) == 0)
		(void)!leg_ring(s.v, leg, NULL);
	else if (strncmp(verb, "!answer", 7) == 0)
		(void)!leg_answer(s.v, leg, NULL);
	else if (strncmp(verb, "!reject", 7) == 0)
		(void)!leg_reject(s.v, leg, CAUSE_BUSY, NULL);
	else if (strncmp(verb, "!hangup", 7) == 0)
		(void)!leg_hangup(s.v, leg, CAUSE_NORMAL, NULL);
	else if (strncmp(verb, "!bridge", 7) == 0)
		(void)!leg_bridge(s.v, s.incoming, s.last, BRIDGE_TONE, NULL);
	else if (strncmp(verb, "!probe", 6) == 0 && leg_find(s.v, leg))
		sip_probe(leg_find(s.v, leg));
}

static void open_stack(void)
{
	struct voice_cfg cfg = { .max_legs = 64 };
	struct voice_handlers h = { .on_leg_event = on_leg };
	struct trunk_cfg t = { .id = TRUNK,
		               .name = "fuzz",
		               .host = "127.0.0.1",
		               .port = s.peer_port,
		               .options_s = -1,
		               .country = "86",
		               .sources = { "127.0.0.1" } };
	struct why why = { 0 };
	if (voice_new(&cfg, &h, NULL, &s.v, &why) || trunk_set(s.v, &t, &why))
		abort();
	if (fd_listen(s.always, FD_READ, stop_turn, NULL))
		abort();
	s.v->is_running = true;
}

static void close_stack(void)
{
	if (!s.v)
		return;
	fd_close(s.always);
	s.v->is_running = false;
	s.v = voice_free(s.v);
}

static void end_scene(void)
{
	leg_end_all(s.v);
	for (int i = 0; s.v->leg_count && i < 50; i++) {
		turn();
		usleep(200);
	}
	FUZZ_HOLDS(s.v->leg_count == 0 && s.v->trunks->status.calls_now == 0);
	hear();
	s.incoming = s.last = 0;
	if (++s.scenes % SCENES_A_STACK == 0)
		close_stack();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *piece;
	size_t n;
	if (s.peer < 0) {
		log_set_level(LOG_ERROR);
		open_peer();
		s.always = eventfd(1, EFD_CLOEXEC);
		atexit(close_stack);
	}
	if (!s.v)
		open_stack();
	for (int i = 0; i < 16 && fuzz_piece(&data, &size, "\n--\n", &piece, &n); i++) {
		char *verb = fuzz_text(piece, n);
		if (*verb == '!')
			act(verb);
		else
			say(piece, n);
		free(verb);
		turn();
		hear();
	}
	end_scene();
	return 0;
}
