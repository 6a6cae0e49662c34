/* bench/floor.c -- what the kernel itself takes to relay G.711: receive a packet, send it on,
 * nothing else.
 *
 *     bench_floor CALLS SECONDS SOCKETS
 * Two packets of 172 bytes every 20 ms a call; SOCKETS 1 = all through one socket, 64
 * packets a call, else one socket a leg, as a real relay needs. A child makes the load and reads it
 * back. Prints one JSON line with the relay's CPU. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 172, MAX_SOCKETS = 4096, GATHER_NS = 2000000, BATCH = 64 };

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int bound(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), size = 4 << 20;
	socklen_t len = sizeof *at;
	*at = (struct sockaddr_in){ .sin_family = AF_INET,
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)at, sizeof *at) ||
	    getsockname(fd, (struct sockaddr *)at, &len)) {
		perror("socket");
		exit(1);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	return fd;
}

/* Sends to each relay socket in turn, evenly over time, and empties what comes back. */
static void load(const struct sockaddr_in *relay, int sockets, int sink, double per_second)
{
	char packet[PACKET] = { 0 }, back[2048];
	int64_t start = now_ns(), sent = 0;
	for (;;) {
		int64_t due = (int64_t)((double)(now_ns() - start) * per_second / 1e9);
		for (; sent < due; sent++)
			sendto(sink, packet, PACKET, 0,
			       (const struct sockaddr *)&relay[sent % sockets], sizeof *relay);
		while (recv(sink, back, sizeof back, 0) > 0)
			;
		nanosleep(&(struct timespec){ 0, 500000 }, NULL);
	}
}

static int64_t relay_once(int fd)
{
	char packet[2048];
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	ssize_t n = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &len);
	if (n <= 0)
		return 0;
	sendto(fd, packet, (size_t)n, 0, (struct sockaddr *)&from, len);
	return 1;
}

/* All that one socket has, BATCH at a time. */
static int64_t relay_batch(int fd)
{
	static char packet[BATCH][256];
	static struct sockaddr_in from[BATCH];
	struct mmsghdr m[BATCH];
	struct iovec io[BATCH];
	int64_t total = 0;
	for (int n = BATCH; n == BATCH; total += n) {
		for (int i = 0; i < BATCH; i++) {
			io[i] = (struct iovec){ packet[i], sizeof packet[i] };
			m[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &from[i],
				                              .msg_namelen = sizeof from[i],
				                              .msg_iov = &io[i],
				                              .msg_iovlen = 1 } };
		}
		n = recvmmsg(fd, m, BATCH, 0, NULL);
		if (n <= 0)
			break;
		for (int i = 0; i < n; i++)
			io[i].iov_len = m[i].msg_len;
		sendmmsg(fd, m, (unsigned)n, 0);
	}
	return total;
}

static double cpu_s(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: bench_floor CALLS SECONDS SOCKETS\n");
		return 2;
	}
	int calls = atoi(argv[1]), seconds = atoi(argv[2]), sockets = atoi(argv[3]);
	static struct sockaddr_in at[MAX_SOCKETS];
	static int fd[MAX_SOCKETS];
	struct sockaddr_in own;
	struct epoll_event ev[256];
	int ep = epoll_create1(0);
	sockets = sockets < 1 ? 1 : sockets > MAX_SOCKETS ? MAX_SOCKETS : sockets;
	for (int i = 0; i < sockets; i++) {
		fd[i] = bound(&at[i]);
		epoll_ctl(ep, EPOLL_CTL_ADD, fd[i],
		          &(struct epoll_event){ .events = EPOLLIN, .data.fd = fd[i] });
	}
	pid_t child = fork();
	if (child == 0)
		load(at, sockets, bound(&own), calls * 100.0);
	double cpu = cpu_s();
	int64_t relayed = 0, until = now_ns() + (int64_t)seconds * 1000000000;
	while (now_ns() < until) {
		int n = epoll_wait(ep, ev, 256, 100);
		for (int i = 0; i < n; i++)
			relayed +=
			    sockets == 1 ? relay_batch(ev[i].data.fd) : relay_once(ev[i].data.fd);
		if (n < 256)
			nanosleep(&(struct timespec){ 0, GATHER_NS }, NULL);
	}
	cpu = cpu_s() - cpu;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	printf("{\"bench\":\"voice\",\"what\":\"floor\",\"calls\":%d,\"sockets\":%d,\"packets_per_"
	       "s\":%.0f,\"cpu_pct\":%.1f,"
	       "\"us_per_packet\":%.2f}\n",
	       calls, sockets, (double)relayed / seconds, 100 * cpu / seconds,
	       1e6 * cpu / (double)(relayed ? relayed : 1));
	return 0;
}
