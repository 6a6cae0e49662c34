#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "audio/bank.h"
#include "base/file.h"
#include "base/str.h"

/* Two pieces a customer can say, four of the agent; each piece is bytes of one value. */
static const char MANIFEST[] =
    "{\"rate_hz\":8000,\"voices\":["
    "{\"id\":\"c1\",\"side\":\"customer\",\"gender\":\"f\",\"file\":\"c1.alaw\",\"at\":[[0,3],[3,2]"
    "]},"
    "{\"id\":\"a1\",\"side\":\"agent\",\"gender\":\"m\",\"file\":\"a1.alaw\",\"at\":[[0,1],[1,2],["
    "3,1],[4,1]]}],"
    "\"pieces\":{\"customer\":[\"喂？\",\"好。\"],\"agent\":[\"，您好，我是\",\"王女士\",\"幺\","
    "\"零\"]},"
    "\"dialogues\":[{\"key\":\"hello\",\"script\":\"any\",\"mood\":\"cold\",\"result\":\"refused\","
    "\"zh\":\"短\",\"lines\":["
    "{\"side\":\"customer\",\"text\":\"喂？\",\"pieces\":[0],\"parts\":[\"喂？\"]},"
    "{\"side\":\"agent\",\"text\":\"x\",\"pieces\":[\"{称呼}\",0,\"{工号}\"],\"parts\":[\"{称呼}\","
    "\"，您好，我是\",\"{工号}\",\"。\"]}]}]}";

static char *dir;

static void put(const char *name, const void *data, size_t n)
{
	struct why why = { 0 };
	CLEANUP(str_drop) char *path = file_join(dir, name);
	assert_ok(file_write_atomic(path, data, n, 0600, &why), &why);
}

static int make_dir(void **state)
{
	(void)state;
	struct why why = { 0 };
	assert_ok(file_temp_dir("bank", &dir, &why), &why);
	put("bank.json", MANIFEST, sizeof(MANIFEST) - 1);
	put("c1.alaw", "cccdd", 5);
	put("a1.alaw", "hwwyz", 5);
	return 0;
}

static int drop_dir(void **state)
{
	(void)state;
	(void)!file_remove_tree(dir, NULL);
	free(dir);
	return 0;
}

static struct bank *opened(void)
{
	struct bank *b = NULL;
	struct why why = { 0 };
	assert_ok(bank_open(dir, &b, &why), &why);
	return b;
}

static void assert_says(const struct bank *b, int line, const struct bank_names *names,
                        const char *sound, const char *text)
{
	size_t n = bank_samples(b, 0, line, 0, names);
	assert_int_equal(n, strlen(sound));
	uint8_t out[64] = { 0 };
	bank_say(b, 0, line, 0, names, out);
	assert_memory_equal(out, sound, n);

	CLEANUP(str_drop) char *got = NULL;
	struct why why = { 0 };
	assert_ok(bank_text(b, 0, line, names, &got, &why), &why);
	assert_string_equal(got, text);
}

static void a_line_without_names_is_its_piece(void **state)
{
	(void)state;
	CLEANUP(bank_free) struct bank *b = opened();
	assert_int_equal(bank_side(b, 0, 0), BANK_CUSTOMER);
	assert_says(b, 0, NULL, "ccc", "喂？");
}

static void names_are_spoken_and_written(void **state)
{
	(void)state;
	CLEANUP(bank_free) struct bank *b = opened();
	struct bank_names who = { .call_as = "王女士", .job_no = "101" };
	assert_says(b, 1, &who, "wwhyzy", "王女士，您好，我是101。");
}

static void what_the_bank_cannot_say_is_in_neither_sound_nor_text(void **state)
{
	(void)state;
	CLEANUP(bank_free) struct bank *b = opened();
	struct bank_names who = { .call_as = "欧阳先生", .job_no = "1" };
	assert_says(b, 1, &who, "hy", "，您好，我是1。");
}

static void dialogues_are_found_by_key(void **state)
{
	(void)state;
	CLEANUP(bank_free) struct bank *b = opened();
	assert_int_equal(bank_find(b, "hello"), 0);
	assert_int_equal(bank_find(b, "nothing"), -1);
	assert_string_equal(bank_dialogue(b, 0)->result, "refused");
	assert_int_equal(bank_dialogue(b, 0)->lines, 2);
	assert_true(bank_is_female(b, BANK_CUSTOMER, 0));
	assert_false(bank_is_female(b, BANK_AGENT, 0));
}

static void a_voice_file_that_is_too_short_is_refused(void **state)
{
	(void)state;
	struct bank *b = NULL;
	struct why why = { 0 };
	put("a1.alaw", "hwwy", 4);
	assert_int_equal(bank_open(dir, &b, &why), ERR_INVALID);
	assert_int_equal(why.code, E_BANK);
	put("a1.alaw", "hwwyz", 5);
}

static void a_bank_that_was_not_rendered_is_an_error(void **state)
{
	(void)state;
	struct bank *b = NULL;
	struct why why = { 0 };
	assert_int_equal(bank_open("/nonexistent", &b, &why), ERR_IO);
	assert_null(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_without_names_is_its_piece),
		cmocka_unit_test(names_are_spoken_and_written),
		cmocka_unit_test(what_the_bank_cannot_say_is_in_neither_sound_nor_text),
		cmocka_unit_test(dialogues_are_found_by_key),
		cmocka_unit_test(a_voice_file_that_is_too_short_is_refused),
		cmocka_unit_test(a_bank_that_was_not_rendered_is_an_error),
	};
	return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
