/* Every statement of the program is prepared on this engine. HJ_TEST_SQL names the list that
 * tools/lint_sql.py wrote; without it the test makes the list itself. */
#include "test_db.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "store/db_int.h"

/* The list, from the file or made now; free(). */
static char *list(const char *dir)
{
	struct why why = { 0 };
	const char *given = getenv("HJ_TEST_SQL");
	CLEANUP(str_drop) char *path = given ? strdup(given) : file_join(dir, "sql");
	char *text = NULL;
	if (!given) {
		char cmd[1000];
		snprintf(cmd, sizeof cmd, "python3 %s/tools/lint_sql.py %s %s", SOURCE_ROOT,
		         BUILD_ROOT, path);
		assert_int_equal(system(cmd), 0);
	}
	assert_ok(file_read(path, 10000000, &text, NULL, &why), &why);
	return text;
}

static void every_statement_is_understood(void **state)
{
	(void)state;
	struct test_db t;
	int n = 0, n_bad = 0;
	test_db_open(&t);
	CLEANUP(str_drop) char *text = list(t.dir);
	json_t *kept = json_array(); /* statements are prepared by their address: they must stay */
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		json_t *j = NULL;
		struct why why = { 0 };
		assert_ok(json_read_text(line, &j, &why), &why);
		json_array_append_new(kept, j);
		if (db_prepare(t.r, json_str(j, "sql", ""), &why)) {
			print_error("%s: %s\n", json_str(j, "at", ""), why_en(&why));
			n_bad++;
		}
		n++;
	}
	print_message("%d statements\n", n);
	assert_true(n > 10);
	assert_int_equal(n_bad, 0);
	test_db_close(&t);
	json_decref(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_statement_is_understood) };
	return test_db_main("sql", tests);
}
