/* bench/load.c -- the telephones around the program under test: SIP (sip_peer.c) and G.711, each
 * packet stamped, so that whoever gets it knows whose it is, whether one is missing and how long it
 * took.
 *
 *     bench_load CALLERS_ADDR:PORT [ADDR:PORT:RING_MS:TALK_MS]...
 * The first address is where calls are made from, the others answer. Commands on stdin, each
 * answered by one JSON line:
 *     call SERVER_ADDR:PORT USER N RATE HOLD_MS    N calls, RATE a second; HOLD_MS 0: until hangup
 *     state | mark | report | hangup | quit
 *
 * `mark` begins the window of the delays. A packet's way ends with the kernel's time stamp on the
 * receiving socket, so this program's own batches do not count. `connect_us`: for every called
 * party that hangs up by itself, from the later of (its 200, its first packet) to the first packet
 * of it that somebody gets. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sip_peer.h"

enum {
	LEGS_MAX = 60000,
	BUCKETS = 1 << 16,
	DOORS_MAX = 8,
	STEPS = 40, /* a packet's place in its 20 ms */
	STEP_NS = 500000,
	HEADER = 12,
	PAYLOAD = 160,
	DELAYS = 40000, /* of 10 us */
	DELAY_NS = 10000,
	MAGIC = 0x68756a69,
	TAG_STDIN = LEGS_MAX,
	TAG_DOOR,
};

struct stamp {
	uint32_t magic, leg, seq;
	int64_t at_ns;
};

struct leg {
	struct sip_call call;
	struct leg *same; /* in its bucket */
	int fd, number;
	bool is_talking;
	struct leg *next; /* in its step */
	uint32_t seq;
	uint64_t sent, got;
	int64_t first_ns; /* of its first packet */
	int64_t from;     /* whose packets it gets; -1 = nobody's yet */
	uint32_t from_first, from_last;
	bool is_heard; /* somebody got a packet of it */
};

static struct load {
	struct leg *leg[LEGS_MAX], *bucket[BUCKETS], *step[STEPS];
	int legs, doors, epoll_fd;
	struct door door[DOORS_MAX];
	bool is_quitting, is_marked;
	uint64_t sent, got, foreign;
	uint32_t delay[DELAYS + 1];
	uint64_t delays;
	int64_t delay_max_ns;
	int32_t *connect_us;
	int connects;

	struct sockaddr_in server;
	char user[64];
	int todo, rate, hold_ms, made;
	int64_t begin_ns;
	unsigned long run;
} b;

/* ---- calls ---- */

static unsigned hash(const char *s)
{
	unsigned h = 5381;
	while (*s)
		h = h * 33 + (unsigned char)*s++;
	return h % BUCKETS;
}

static struct leg *leg_new(const char *call_id)
{
	if (b.legs == LEGS_MAX)
		return NULL;
	struct leg *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->fd = -1;
	l->from = -1;
	l->number = b.legs;
	snprintf(l->call.call_id, sizeof l->call.call_id, "%s", call_id);
	l->same = b.bucket[hash(call_id)];
	b.bucket[hash(call_id)] = l;
	b.leg[b.legs++] = l;
	return l;
}

static struct sip_call *find(const char *call_id, bool is_new)
{
	struct leg *l = b.bucket[hash(call_id)];
	while (l && strcmp(l->call.call_id, call_id) != 0)
		l = l->same;
	if (!l && is_new)
		l = leg_new(call_id);
	return l ? &l->call : NULL;
}

static struct sockaddr_in media_port(struct sip_call *c)
{
	struct leg *l = (struct leg *)c; /* its first member */
	int on = 1, size = 1 << 20;
	struct sockaddr_in at = b.door[c->door].at;
	socklen_t len = sizeof at;
	at.sin_port = 0;
	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&at, sizeof at) ||
	    getsockname(l->fd, (struct sockaddr *)&at, &len)) {
		perror("media");
		exit(1);
	}
	(void)setsockopt(l->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	(void)setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	return at;
}

static void send_packet(struct leg *l)
{
	uint8_t packet[HEADER + PAYLOAD] = { 0x80, 8 };
	uint32_t ts = htonl(l->seq * PAYLOAD), ssrc = htonl((uint32_t)l->number + 1000);
	struct stamp s = { MAGIC, (uint32_t)l->number, l->seq, wall_ns() };
	if (l->seq == 0)
		l->first_ns = s.at_ns;
	packet[2] = (uint8_t)(l->seq >> 8);
	packet[3] = (uint8_t)l->seq;
	memcpy(packet + 4, &ts, 4);
	memcpy(packet + 8, &ssrc, 4);
	memset(packet + HEADER, 0x2a, PAYLOAD);
	memcpy(packet + HEADER, &s, sizeof s);
	l->seq++;
	if (sendto(l->fd, packet, sizeof packet, 0, (struct sockaddr *)&l->call.media,
	           sizeof l->call.media) == sizeof packet) {
		l->sent++;
		b.sent++;
	}
}

/* The first packet leaves at once, as a person's 'hello' would; the others keep to their step. */
static void is_up(struct sip_call *c)
{
	struct leg *l = (struct leg *)c;
	int step = l->number * 7 % STEPS;
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = (uint32_t)l->number };
	epoll_ctl(b.epoll_fd, EPOLL_CTL_ADD, l->fd, &ev);
	if (c->is_caller && b.hold_ms)
		c->end_ns = wall_ns() + (int64_t)b.hold_ms * 1000000;
	l->is_talking = true;
	l->next = b.step[step];
	b.step[step] = l;
	send_packet(l);
}

static void is_over(struct sip_call *c)
{
	struct leg *l = (struct leg *)c;
	if (l->fd < 0)
		return;
	int step = l->number * 7 % STEPS;
	for (struct leg **p = &b.step[step]; l->is_talking && *p; p = &(*p)->next) {
		if (*p == l) {
			*p = l->next;
			break;
		}
	}
	l->is_talking = false;
	close(l->fd);
	l->fd = -1;
}

static const struct sip_calls OWNER = { find, media_port, is_up, is_over };

static void make_calls(int64_t now)
{
	while (b.made < b.todo && now - b.begin_ns >= (int64_t)b.made * 1000000000 / b.rate) {
		char id[NAME_BYTES];
		snprintf(id, sizeof id, "%lx.%d", b.run, b.made++);
		struct leg *l = leg_new(id);
		if (l)
			sip_invite(&OWNER, &b.door[0], &l->call, b.user, &b.server);
	}
}

/* ---- what arrives ---- */

static int64_t kernel_time(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec t;
			memcpy(&t, CMSG_DATA(c), sizeof t);
			return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
		}
	}
	return wall_ns();
}

static void first_heard(struct leg *from, int64_t at_ns)
{
	if (from->is_heard || b.door[from->call.door].talk_ms == 0)
		return;
	from->is_heard = true;
	int64_t since =
	    from->first_ns > from->call.answered_ns ? from->first_ns : from->call.answered_ns;
	int32_t *p = realloc(b.connect_us, (size_t)(b.connects + 1) * sizeof *p);
	if (!p)
		exit(1);
	b.connect_us = p;
	p[b.connects++] = (int32_t)((at_ns - since) / 1000);
}

static void take_packet(struct leg *l, const uint8_t *packet, size_t n, int64_t at_ns)
{
	struct stamp s = { 0 };
	if (n >= HEADER + sizeof s)
		memcpy(&s, packet + HEADER, sizeof s);
	if (s.magic != MAGIC || s.leg >= (uint32_t)b.legs) {
		b.foreign++; /* a tone, music, ringback */
		return;
	}
	first_heard(b.leg[s.leg], at_ns);
	if (l->from != s.leg) {
		l->from = s.leg;
		l->from_first = s.seq;
		l->got = 0;
	}
	l->from_last = s.seq;
	l->got++;
	b.got++;
	if (!b.is_marked)
		return;
	int64_t delay = at_ns - s.at_ns;
	b.delay_max_ns = delay > b.delay_max_ns ? delay : b.delay_max_ns;
	delay /= DELAY_NS;
	b.delay[delay < 0 ? 0 : delay > DELAYS ? DELAYS : delay]++;
	b.delays++;
}

static void receive(struct leg *l)
{
	uint8_t packet[2048];
	char control[128];
	for (; l->fd >= 0;) {
		struct iovec io = { packet, sizeof packet };
		struct msghdr m = { .msg_iov = &io,
			            .msg_iovlen = 1,
			            .msg_control = control,
			            .msg_controllen = sizeof control };
		ssize_t n = recvmsg(l->fd, &m, 0);
		if (n < 0 && errno == ECONNREFUSED)
			continue;
		if (n <= 0)
			return;
		take_packet(l, packet, (size_t)n, kernel_time(&m));
	}
}

/* ---- commands ---- */

static void print_state(void)
{
	int count[CALL_OVER + 1] = { 0 }, failed = 0, repeats = 0;
	for (int i = 0; i < b.legs; i++) {
		const struct sip_call *c = &b.leg[i]->call;
		count[c->state] += c->is_caller;
		failed += c->is_caller && c->is_failed;
		repeats += c->repeats;
	}
	printf("{\"made\":%d,\"up\":%d,\"over\":%d,\"failed\":%d,\"repeats\":%d}\n", b.made,
	       count[CALL_UP], count[CALL_OVER], failed, repeats);
}

static double delay_ms(double share)
{
	uint64_t want = (uint64_t)((double)b.delays * share), seen = 0;
	for (int i = 0; i <= DELAYS; i++) {
		seen += b.delay[i];
		if (seen > want)
			return (double)(i + 1) * DELAY_NS / 1e6;
	}
	return 0;
}

static void print_report(void)
{
	uint64_t expected = 0, got = 0;
	for (int i = 0; i < b.legs; i++) {
		const struct leg *l = b.leg[i];
		expected += l->from < 0 ? 0 : l->from_last - l->from_first + 1;
		got += l->from < 0 ? 0 : l->got;
	}
	printf("{\"sent\":%llu,\"expected\":%llu,\"lost\":%lld,\"foreign\":%llu,"
	       "\"owd_p50_ms\":%.2f,\"owd_p99_ms\":%.2f,\"owd_max_ms\":%.2f,\"connect_us\":[",
	       (unsigned long long)b.sent, (unsigned long long)expected,
	       (long long)(expected - got), (unsigned long long)b.foreign, delay_ms(0.5),
	       delay_ms(0.99), (double)b.delay_max_ns / 1e6);
	for (int i = 0; i < b.connects; i++)
		printf(i ? ",%d" : "%d", b.connect_us[i]);
	puts("]}");
}

static void mark(void)
{
	b.is_marked = true;
	memset(b.delay, 0, sizeof b.delay);
	b.delays = 0;
	b.delay_max_ns = 0;
	puts("{\"ok\":true}");
}

static void hang_up(void)
{
	for (int i = 0; i < b.legs; i++)
		if (b.leg[i]->call.is_caller)
			sip_bye(&OWNER, &b.door[0], &b.leg[i]->call);
	puts("{\"ok\":true}");
}

static void command(const char *line)
{
	char host[64];
	int port;
	if (sscanf(line, "call %63[0-9.]:%d %63s %d %d %d", host, &port, b.user, &b.todo, &b.rate,
	           &b.hold_ms) == 6) {
		b.server = (struct sockaddr_in){ .sin_family = AF_INET,
			                         .sin_port = htons((uint16_t)port) };
		inet_pton(AF_INET, host, &b.server.sin_addr);
		b.made = 0;
		b.begin_ns = wall_ns();
		b.run = (unsigned long)b.begin_ns;
		puts("{\"ok\":true}");
	} else if (strncmp(line, "state", 5) == 0) {
		print_state();
	} else if (strncmp(line, "mark", 4) == 0) {
		mark();
	} else if (strncmp(line, "report", 6) == 0) {
		print_report();
	} else if (strncmp(line, "hangup", 6) == 0) {
		hang_up();
	} else {
		b.is_quitting = true;
	}
	fflush(stdout);
}

static void read_commands(void)
{
	static char text[1024];
	static size_t have;
	ssize_t n = read(STDIN_FILENO, text + have, sizeof text - 1 - have);
	if (n <= 0) {
		b.is_quitting = n == 0 || errno != EAGAIN;
		return;
	}
	have += (size_t)n;
	text[have] = '\0';
	for (char *end; (end = strchr(text, '\n'));) {
		*end = '\0';
		command(text);
		have -= (size_t)(end + 1 - text);
		memmove(text, end + 1, have + 1);
	}
}

/* ---- the loop ---- */

static void take_events(void)
{
	struct epoll_event ev[1024];
	int n = epoll_wait(b.epoll_fd, ev, 1024, 0);
	for (int i = 0; i < n; i++) {
		uint32_t tag = ev[i].data.u32;
		if (tag == TAG_STDIN)
			read_commands();
		else if (tag >= TAG_DOOR)
			sip_receive(&OWNER, &b.door[tag - TAG_DOOR], (int)tag - TAG_DOOR);
		else
			receive(b.leg[tag]);
	}
}

static void step(int64_t steps, int64_t now)
{
	for (struct leg *l = b.step[steps % STEPS]; l; l = l->next)
		if (now - l->first_ns > STEPS * (int64_t)STEP_NS / 2)
			send_packet(l);
	if (steps % 4)
		return;
	make_calls(now);
	for (int i = 0; i < b.legs; i++)
		if (b.leg[i]->call.state != CALL_OVER)
			sip_tick(&OWNER, &b.door[b.leg[i]->call.door], &b.leg[i]->call, now);
}

static void watch(int fd, uint32_t tag)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = tag };
	epoll_ctl(b.epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

int main(int argc, char **argv)
{
	b.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 1; i < argc && b.doors < DOORS_MAX; i++) {
		char addr[64];
		int port, ring_ms = 0, talk_ms = 0;
		if (sscanf(argv[i], "%63[0-9.]:%d:%d:%d", addr, &port, &ring_ms, &talk_ms) < 2)
			return fprintf(stderr, "usage: see the head of bench/load.c\n"), 2;
		b.door[b.doors] = door_open(addr, port, ring_ms, talk_ms);
		watch(b.door[b.doors].fd, (uint32_t)(TAG_DOOR + b.doors));
		b.doors++;
	}
	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	watch(STDIN_FILENO, TAG_STDIN);
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	for (int64_t steps = 0; !b.is_quitting; steps++) {
		at.tv_nsec += STEP_NS;
		if (at.tv_nsec >= 1000000000) {
			at.tv_nsec -= 1000000000;
			at.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		step(steps, wall_ns());
		take_events();
	}
	return 0;
}
