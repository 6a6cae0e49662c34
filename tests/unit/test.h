/* test.h -- cmocka with what it needs, and without its fail(), a name of ours (base/err.h). */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#undef fail
#undef fail_msg

#include "base/err.h"

#define test_fail(...) \
	do { \
		print_error(__VA_ARGS__); \
		print_error("\n"); \
		_fail(__FILE__, __LINE__); \
	} while (0)

/** Asserts ERR_OK, printing the sentence when it is not. */
#define assert_ok(expr, why) \
	do { \
		enum err assert_ok_e = (expr); \
		if (assert_ok_e) \
			test_fail("%s: %s: %s", #expr, err_kind_name(assert_ok_e), why_en(why)); \
	} while (0)

#endif
