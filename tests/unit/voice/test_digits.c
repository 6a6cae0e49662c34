#include "test.h"

#include "voice/digits.h"

static void a_press_counts_once_however_often_it_is_repeated(void **state)
{
	(void)state;
	struct digits_rx d = { 0 };
	uint8_t p[4] = { 5, 10, 0, 160 };
	assert_int_equal(digits_rx_take(&d, 1, 8000, p, 4), '5');
	for (int i = 0; i < 5; i++)
		assert_int_equal(digits_rx_take(&d, 1, 8000, p, 4), 0);
	p[1] |= 0x80;
	assert_int_equal(digits_rx_take(&d, 1, 8000, p, 4), 0);
	assert_int_equal(digits_rx_take(&d, 1, 9600, p, 4), '5'); /* the same key again */
	assert_int_equal(digits_rx_take(&d, 1, 8000, p, 4), 0); /* a late repetition of the first */
}

static void what_is_no_key_is_not_reported(void **state)
{
	(void)state;
	struct digits_rx d = { 0 };
	uint8_t flash[4] = { 16, 0, 0, 0 };
	assert_int_equal(digits_rx_take(&d, 1, 1, flash, 4), 0);
	assert_int_equal(digits_rx_take(&d, 1, 1, flash, 3), 0);
}

static void what_we_send_is_what_we_would_understand(void **state)
{
	(void)state;
	struct digits_tx tx = { 0 };
	struct digits_rx rx = { 0 };
	struct digit_packet p;
	char got[40] = "";
	uint32_t ts = 0, press = 0;
	int ends = 0;
	assert_true(digits_tx_add(&tx, "12"));
	assert_true(digits_tx_add(&tx, "#D"));
	while (digits_tx_step(&tx, &p)) {
		ts += 160;
		if (p.is_first)
			press = ts;
		char c = p.is_sent ? digits_rx_take(&rx, 1, press, p.payload, 4) : 0;
		if (c)
			strncat(got, &c, 1);
		ends += p.is_sent && p.payload[1] & 0x80 ? p.copies : 0;
	}
	assert_string_equal(got, "12#D");
	assert_int_equal(ends, 3 * 4); /* RFC 4733 2.5.1.4 */
}

static void only_keys_and_only_so_many_are_taken(void **state)
{
	(void)state;
	struct digits_tx tx = { 0 };
	assert_false(digits_tx_add(&tx, ""));
	assert_false(digits_tx_add(&tx, "12a"));
	assert_true(digits_tx_add(&tx, "12345678901234567890123456789012"));
	assert_false(digits_tx_add(&tx, "1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_press_counts_once_however_often_it_is_repeated),
		cmocka_unit_test(what_is_no_key_is_not_reported),
		cmocka_unit_test(what_we_send_is_what_we_would_understand),
		cmocka_unit_test(only_keys_and_only_so_many_are_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
