#include "test.h"

#include <stdio.h>

#include "base/ban.h"
#include "base/crypto.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

static const struct ban_rule RULE = { .burst = 3,
	                              .per_hour = 60,
	                              .first_ms = 5 * MINUTE,
	                              .factor = 4,
	                              .longest_ms = HOUR,
	                              .forget_ms = 24 * HOUR };

static struct bans *table(size_t room)
{
	struct bans *b = NULL;
	struct why why = { 0 };
	assert_ok(crypto_init(&why), &why);
	assert_ok(bans_new(room, &RULE, &b, &why), &why);
	return b;
}

static struct ban_key addr(const char *text)
{
	struct ban_key k;
	assert_true(ban_key_addr(text, &k));
	return k;
}

static struct ban_key nth(unsigned n)
{
	char text[32];
	snprintf(text, sizeof text, "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	return addr(text);
}

static void a_few_offences_are_tolerated_then_the_address_is_shut_out(void **state)
{
	(void)state;
	CLEANUP(bans_free) struct bans *b = table(64);
	struct ban_key k = addr("192.0.2.1"), other = addr("192.0.2.2");
	assert_int_equal(bans_offend(b, &k, 1, 7, 1000), BAN_TOLERATED);
	assert_int_equal(bans_offend(b, &k, 1, 7, 1000), BAN_TOLERATED);
	assert_int_equal(bans_left_ms(b, &k, 1000), 0);
	assert_int_equal(bans_offend(b, &k, 1, 7, 1000), BAN_BEGINS);
	assert_int_equal(bans_left_ms(b, &k, 1000), 5 * MINUTE);
	assert_int_equal(bans_offend(b, &k, 1, 7, 2000), BAN_HOLDS);
	assert_int_equal(bans_left_ms(b, &k, 1000 + 5 * MINUTE), 0);
	assert_int_equal(bans_left_ms(b, &other, 1000), 0);
}

static void time_refills_the_bucket(void **state)
{
	(void)state;
	CLEANUP(bans_free) struct bans *b = table(64);
	struct ban_key k = addr("192.0.2.1");
	for (int i = 0; i < 200; i++) /* one a minute, as many as are forgotten */
		assert_int_equal(bans_offend(b, &k, 1, 0, (int64_t)i * MINUTE), BAN_TOLERATED);
	assert_int_equal(bans_offend(b, &k, 3, 0, (int64_t)400 * HOUR), BAN_BEGINS);
}

static void each_ban_is_longer_up_to_the_longest_and_is_forgotten_after_a_day(void **state)
{
	(void)state;
	CLEANUP(bans_free) struct bans *b = table(64);
	struct ban_key k = addr("2001:db8::1");
	const int64_t lengths[] = { 5 * MINUTE, 20 * MINUTE, HOUR, HOUR };
	int64_t now = 0;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(bans_offend(b, &k, 3, 0, now), BAN_BEGINS);
		assert_int_equal(bans_left_ms(b, &k, now), lengths[i]);
		now += lengths[i];
	}
	now += 25 * HOUR;
	assert_int_equal(bans_offend(b, &k, 3, 0, now), BAN_BEGINS);
	assert_int_equal(bans_left_ms(b, &k, now), 5 * MINUTE);
}

static void a_million_invented_addresses_cost_no_memory_and_push_no_ban_out(void **state)
{
	(void)state;
	CLEANUP(bans_free) struct bans *b = table(1024);
	struct ban_key bad[20];
	for (unsigned i = 0; i < 20; i++) {
		bad[i] = nth(0xff0000 + i);
		assert_int_equal(bans_offend(b, &bad[i], 3, 0, i), BAN_BEGINS);
	}
	for (unsigned i = 0; i < 1000000; i++) {
		struct ban_key k = nth(i % 0xfeffff);
		(void)bans_offend(b, &k, 1, 0, 100 + i / 1000);
	}
	for (unsigned i = 0; i < 20; i++)
		assert_true(bans_left_ms(b, &bad[i], 2000) > 0);
	assert_true(bans_count(b, 2000) <= 1024);
}

static void when_all_are_shut_out_the_ban_that_ends_first_gives_way(void **state)
{
	(void)state;
	CLEANUP(bans_free) struct bans *b = table(64);
	struct ban_key longest = nth(0);
	for (int i = 0, now = 0; i < 3; i++, now += 20 * MINUTE)
		(void)bans_offend(b, &longest, 3, 0, now);
	int64_t now = 41 * MINUTE;
	assert_true(bans_left_ms(b, &longest, now) > 50 * MINUTE);
	for (unsigned i = 1; i < 5000; i++) {
		struct ban_key k = nth(i);
		assert_int_equal(bans_offend(b, &k, 3, 0, now), BAN_BEGINS);
	}
	assert_true(bans_left_ms(b, &longest, now) > 0);
	assert_true(bans_count(b, now) <= 64);
}

static void lifting_forgets_everything(void **state)
{
	(void)state;
	CLEANUP(bans_free) struct bans *b = table(64);
	struct ban_key k = addr("192.0.2.1");
	(void)bans_offend(b, &k, 3, 0, 0);
	assert_true(bans_lift(b, &k, 1000));
	assert_false(bans_lift(b, &k, 1000));
	assert_int_equal(bans_count(b, 1000), 0);
	assert_int_equal(bans_offend(b, &k, 3, 0, 2000), BAN_BEGINS);
	assert_int_equal(bans_left_ms(b, &k, 2000), 5 * MINUTE);
}

static void see(void *ctx, const struct ban_row *r)
{
	char text[BAN_KEY_TEXT];
	snprintf(ctx, 100, "%s why %d times %d offences %d", ban_key_show(&r->key, text), r->why,
	         r->times, (int)r->offences);
}

static void a_ban_says_who_and_why(void **state)
{
	(void)state;
	CLEANUP(bans_free) struct bans *b = table(64);
	struct ban_key k = addr("192.0.2.77");
	char text[100] = "";
	for (int i = 0; i < 5; i++)
		(void)bans_offend(b, &k, 1, i, 0);
	bans_each(b, 1, see, text);
	assert_string_equal(text, "192.0.2.77 why 2 times 1 offences 5");
}

static void addresses_are_told_apart_and_ipv6_by_its_network(void **state)
{
	(void)state;
	char text[BAN_KEY_TEXT];
	struct ban_key a = addr("2001:db8:1:2::1"), b = addr("2001:db8:1:2:ffff::9"),
		       c = addr("2001:db8:1:3::1"), mapped = addr("::ffff:192.0.2.1"),
		       plain = addr("192.0.2.1"), lo = addr("::1"), bad;
	assert_memory_equal(&a, &b, sizeof a);
	assert_memory_not_equal(&a, &c, sizeof a);
	assert_memory_equal(&mapped, &plain, sizeof plain);
	assert_string_equal(ban_key_show(&a, text), "2001:db8:1:2::/64");
	assert_string_equal(ban_key_show(&plain, text), "192.0.2.1");
	assert_string_equal(ban_key_show(&lo, text), "::1");
	assert_false(ban_key_addr("example.org", &bad));
	assert_false(ban_key_addr("", &bad));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_few_offences_are_tolerated_then_the_address_is_shut_out),
		cmocka_unit_test(time_refills_the_bucket),
		cmocka_unit_test(each_ban_is_longer_up_to_the_longest_and_is_forgotten_after_a_day),
		cmocka_unit_test(a_million_invented_addresses_cost_no_memory_and_push_no_ban_out),
		cmocka_unit_test(when_all_are_shut_out_the_ban_that_ends_first_gives_way),
		cmocka_unit_test(lifting_forgets_everything),
		cmocka_unit_test(a_ban_says_who_and_why),
		cmocka_unit_test(addresses_are_told_apart_and_ipv6_by_its_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
