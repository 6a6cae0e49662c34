/* Damaged files: whatever bytes change, reading ends, and ends with rows, a sentence or the end. */
#include "doc/sheet.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "files.h"
#include "xls_file.h"

static uint64_t seed = 20260101;

static uint32_t rnd(uint32_t n) /* SplitMix64 */
{
	uint64_t z = seed += 0x9E3779B97F4A7C15u;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return (uint32_t)((z ^ (z >> 31)) % n);
}

static int rounds(void)
{
	const char *n = getenv("HUJIAO_MUTATIONS");
	return n ? atoi(n) : 400;
}

static void mutate(char *p, size_t *n, size_t cap)
{
	static const char *const WORDS[] = { "<row>",     "</c>",         "\"",           "\"\"",
		                             ",",         "\r\n",         "&lt;",         "&b;",
		                             "<![CDATA[", "r='ZZZ9'",     "<v>1e309</v>", "t='s'",
		                             "\xFF",      "\xEF\xBB\xBF", "s='99999'",    "-1" };
	for (uint32_t k = 1 + rnd(4); k > 0 && *n > 8; k--) {
		size_t at = rnd((uint32_t)*n);
		const char *w = WORDS[rnd(sizeof WORDS / sizeof *WORDS)];
		switch (rnd(4)) {
		case 0:
			p[at] = (char)rnd(256);
			break;
		case 1:
			*n -= rnd((uint32_t)(*n - at < 40 ? *n - at : 40));
			break;
		case 2:
			if (*n + strlen(w) < cap) {
				memmove(p + at + strlen(w), p + at, *n - at);
				memcpy(p + at, w, strlen(w));
				*n += strlen(w);
			}
			break;
		default: {
			size_t len = rnd((uint32_t)(*n - at < 64 ? *n - at : 64));
			memmove(p + rnd((uint32_t)(*n - len)), p + at, len);
		}
		}
	}
}

/* @return 1 when at least one row came out */
static int read_all(const char *path)
{
	struct why why = { 0 };
	CLEANUP(sheet_close) struct sheet *s = NULL;
	enum err e = sheet_open(path, &s, &why);
	struct sheet_row r;
	int64_t rows = 0, last = 0;
	while (!e && !(e = sheet_next(s, &r, &why))) {
		assert_true(r.number > last);
		last = r.number;
		for (size_t c = 0; c < r.n; c++)
			assert_int_equal(strlen(r.cells[c].text), r.cells[c].len);
		rows++;
	}
	if (e != ERR_END && (e != ERR_INVALID || !why.code || strlen(why_en(&why)) < 10))
		test_fail("%s: %s", err_kind_name(e), why_en(&why));
	return rows > 0;
}

static const char ROWS[] =
    "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' "
    "t='inlineStr'><is><r><t>b&amp;c</t></r></is></c></row>"
    "<row r='2'><c r='A2' t='s'><v>1</v></c><c r='B2' s='1'><v>1.3800138E10</v></c></row><row "
    "r='9'><c r='C9'><v>3</v></c></row>";

static void xlsx_parts_with_changed_bytes_never_hurt(void **state)
{
	(void)state;
	int good = 0;
	for (int i = 0; i < rounds(); i++) {
		char rows[2000], sst[500] = "<si><t>a</t></si><si><r><t>b</t></r></si>";
		size_t n = sizeof ROWS - 1, m = strlen(sst);
		memcpy(rows, ROWS, n);
		if (rnd(3))
			mutate(rows, &n, sizeof rows - 1);
		else
			mutate(sst, &m, sizeof sst - 1);
		rows[n] = sst[m] = '\0';
		good += read_all(make_xlsx("m.xlsx", sst, rows));
	}
	assert_true(good > 0);
}

static void packages_with_changed_bytes_never_hurt(void **state)
{
	(void)state;
	char whole[8000];
	FILE *f = fopen(make_xlsx("whole.xlsx", "<si><t>a</t></si><si><t>b</t></si>", ROWS), "rb");
	size_t size = fread(whole, 1, sizeof whole / 2, f);
	fclose(f);
	int good = 0;
	for (int i = 0; i < rounds(); i++) {
		char copy[sizeof whole];
		size_t n = size;
		memcpy(copy, whole, n);
		mutate(copy, &n, sizeof copy);
		memcpy(copy, "PK\003\004", 4);
		good += read_all(make_file("m.xlsx", copy, n));
	}
	assert_true(good > 0);
}

static void text_with_changed_bytes_never_hurts(void **state)
{
	(void)state;
	int good = 0;
	for (int i = 0; i < rounds(); i++) {
		char text[600] =
		    "姓名,手机,备注\r\n\"张\n三\",13800138000,\"a\"\"b\"\r\n李四,\xD5\xC5;\t,x\n";
		size_t n = strlen(text);
		mutate(text, &n, sizeof text);
		good += read_all(make_file("m.csv", text, n));
	}
	assert_true(good > 0);
}

/* FreeXL writes beyond its buffers when records lie about their size, so it only runs in a child of
 * the server; what has to hold is that the child comes to an end and its parent learns of it. */
static void xls_with_changed_records_ends_its_own_process_at_worst(void **state)
{
	(void)state;
	int good = 0;
	for (int i = 0; i < rounds() / 8; i++) {
		struct xls_file x = { 0 };
		xls_begin(&x, false);
		xls_label(&x, 0, 0, "\x59\xD3\x54\x0D", 2);
		xls_number(&x, 2, 1, 13800138000.0);
		size_t used = x.at, n = xls_end(&x);
		for (uint32_t k = 1 + rnd(3); k > 0; k--)
			xls_stream(&x)[rnd((uint32_t)used)] = (unsigned char)rnd(256);
		const char *path = make_file("m.xls", x.file, n);
		fflush(NULL);
		pid_t pid = fork();
		if (pid == 0) {
			struct rlimit no_core = { 0, 0 };
			setrlimit(RLIMIT_CORE, &no_core);
			if (!freopen("/dev/null", "w", stderr))
				_exit(9);
			alarm(10);
			struct why why;
			struct sheet *s = NULL;
			struct sheet_row r;
			bool has_rows = !sheet_open(path, &s, &why) && !sheet_next(s, &r, &why);
			_exit(has_rows ? 0 : 3);
		}
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_false(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
		good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	assert_true(good > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xlsx_parts_with_changed_bytes_never_hurt),
		cmocka_unit_test(packages_with_changed_bytes_never_hurt),
		cmocka_unit_test(text_with_changed_bytes_never_hurts),
		cmocka_unit_test(xls_with_changed_records_ends_its_own_process_at_worst),
	};
	return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
