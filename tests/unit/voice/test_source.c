#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "voice/source.h"

static struct sockaddr_storage at(const char *addr, int port)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in *v4 = (void *)&a;
	struct sockaddr_in6 *v6 = (void *)&a;
	if (inet_pton(AF_INET, addr, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
	} else {
		assert_int_equal(inet_pton(AF_INET6, addr, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
	}
	return a;
}

static struct source call(const char *told, int port, const char *sig)
{
	struct source s = { 0 };
	struct sockaddr_storage t = at(told, port), g = at(sig, 5060);
	assert_true(source_told(&s, &t, &g));
	return s;
}

static enum source_verdict packet_from(struct source *s, const char *addr, int port,
                                       int64_t silent_us)
{
	struct sockaddr_storage from = at(addr, port);
	enum source_verdict v = source_judge(s, &from, silent_us);
	if (v == SOURCE_FOLLOW)
		source_follow(s, &from);
	return v;
}

static void a_stranger_takes_no_call_over_however_silent_it_is(void **state)
{
	(void)state;
	struct source s = call("10.0.0.1", 4000, "10.0.0.1");
	assert_int_equal(packet_from(&s, "10.0.0.1", 4000, 0), SOURCE_FOLLOW);
	assert_int_equal(packet_from(&s, "10.0.0.9", 4000, 0), SOURCE_DROP);
	assert_int_equal(packet_from(&s, "10.0.0.9", 4000, 60 * SOURCE_SILENT_US), SOURCE_DROP);
	assert_int_equal(packet_from(&s, "10.0.0.1", 4000, 0), SOURCE_HEAR);
}

static void a_stranger_who_was_first_is_replaced_by_the_peer(void **state)
{
	(void)state;
	struct source s = call("10.0.0.1", 4000, "10.0.0.1");
	assert_int_equal(packet_from(&s, "10.0.0.9", 4000, 0), SOURCE_FOLLOW);
	assert_int_equal(packet_from(&s, "10.0.0.1", 4000, 0), SOURCE_FOLLOW);
	assert_int_equal(packet_from(&s, "10.0.0.9", 4000, 0), SOURCE_DROP);
}

static void a_peer_behind_nat_is_followed_and_may_be_bound_anew(void **state)
{
	(void)state;
	struct source s = call("192.168.1.5", 4000, "203.0.113.7");
	assert_int_equal(packet_from(&s, "203.0.113.7", 31000, 0), SOURCE_FOLLOW);
	assert_int_equal(s.rank, SOURCE_HOST);
	assert_int_equal(packet_from(&s, "203.0.113.7", 31002, 0), SOURCE_HEAR); /* its digits */
	assert_int_equal(addr_port(&s.peer), 31000);
	assert_int_equal(packet_from(&s, "203.0.113.7", 31002, SOURCE_SILENT_US), SOURCE_FOLLOW);
	assert_int_equal(packet_from(&s, "198.51.100.1", 31002, SOURCE_SILENT_US), SOURCE_DROP);
}

static void a_new_address_by_sdp_begins_anew_and_the_same_one_does_not(void **state)
{
	(void)state;
	struct source s = call("192.168.1.5", 4000, "192.168.1.5");
	struct sockaddr_storage sig = at("192.168.1.5", 5060), same = at("192.168.1.5", 4000),
				moved = at("192.168.1.6", 4000);
	assert_int_equal(packet_from(&s, "203.0.113.7", 31000, 0), SOURCE_FOLLOW);
	assert_false(source_told(&s, &same, &sig));
	assert_int_equal(addr_port(&s.peer), 31000);
	assert_true(source_told(&s, &moved, &sig));
	assert_int_equal(packet_from(&s, "192.168.1.6", 4000, 0), SOURCE_FOLLOW);
	assert_int_equal(packet_from(&s, "203.0.113.7", 31000, 0), SOURCE_DROP);
}

static void addresses_of_both_kinds_are_told_apart(void **state)
{
	(void)state;
	struct source s = call("::1", 4000, "::1");
	assert_int_equal(packet_from(&s, "::1", 4000, 0), SOURCE_FOLLOW);
	assert_int_equal(s.peer_len, sizeof(struct sockaddr_in6));
	assert_int_equal(packet_from(&s, "127.0.0.1", 4000, 0), SOURCE_DROP);
	struct sockaddr_storage a = at("::1", 4000), b = at("::2", 4000), c = at("::1", 4002);
	assert_false(addr_same_host(&a, &b));
	assert_true(addr_same_host(&a, &c));
	assert_false(addr_same(&a, &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stranger_takes_no_call_over_however_silent_it_is),
		cmocka_unit_test(a_stranger_who_was_first_is_replaced_by_the_peer),
		cmocka_unit_test(a_peer_behind_nat_is_followed_and_may_be_bound_anew),
		cmocka_unit_test(a_new_address_by_sdp_begins_anew_and_the_same_one_does_not),
		cmocka_unit_test(addresses_of_both_kinds_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
