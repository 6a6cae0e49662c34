#include "base/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>
#include <unicode/utrans.h>

#include "base/str.h"

bool text_is_utf8(const char *s, size_t len)
{
	int32_t i = 0, n = (int32_t)len;
	while (i < n) {
		UChar32 c;
		U8_NEXT(s, i, n, c);
		if (c <= 0)
			return false;
	}
	return true;
}

size_t text_chars(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

bool text_is_key(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");
	return n >= 1 && n <= 63 && s[n] == '\0';
}

static void add_char(struct str *out, UChar32 c)
{
	char buf[U8_MAX_LENGTH];
	int32_t n = 0;
	UBool is_bad = 0;
	U8_APPEND(buf, n, (int32_t)sizeof buf, c, is_bad);
	if (!is_bad)
		str_addn(out, buf, (size_t)n);
}

enum err text_narrow(const char *s, char **ret, struct why *why)
{
	struct str out = { 0 };
	int32_t i = 0;
	while (s[i]) {
		UChar32 c;
		U8_NEXT(s, i, -1, c);
		if (c >= 0xff01 && c <= 0xff5e)
			c -= 0xff01 - '!';
		else if (c == 0x3000)
			c = ' ';
		add_char(&out, c < 0 ? 0xfffd : c);
	}
	return str_take(&out, ret, why);
}

/* NFKC and case folding in one step, as ICU's tables have it. */
static enum err nfkc(const char *s, struct str *out, struct why *why)
{
	UErrorCode uc = U_ZERO_ERROR;
	const UNormalizer2 *norm = unorm2_getNFKCCasefoldInstance(&uc);
	int32_t n16 = 0, n8 = 0, len = (int32_t)strlen(s);
	UChar *in = malloc(((size_t)len + 1) * sizeof *in);
	/* A character folds to 18 units at most (U+FDFA). */
	int32_t cap = len * 18 + 1;
	UChar *folded = malloc((size_t)cap * sizeof *folded);
	char *text = malloc((size_t)cap * 3);
	if (in && folded && text) {
		u_strFromUTF8WithSub(in, len + 1, &n16, s, len, 0xfffd, NULL, &uc);
		n16 = unorm2_normalize(norm, in, n16, folded, cap, &uc);
		u_strToUTF8(text, cap * 3, &n8, folded, n16, &uc);
		if (U_SUCCESS(uc))
			str_addn(out, text, (size_t)n8);
	}
	bool is_good = in && folded && text && U_SUCCESS(uc);
	free(in);
	free(folded);
	free(text);
	return is_good ? ERR_OK : fail(why, E_NOMEM);
}

enum err text_fold(const char *s, char **ret, struct why *why)
{
	struct str all = { 0 }, out = { 0 };
	enum err e = nfkc(s, &all, why);
	const char *p = str_text(&all);
	int32_t i = 0, n = (int32_t)all.len;
	bool is_gap = false;
	while (i < n) {
		UChar32 c;
		U8_NEXT(p, i, n, c);
		if (u_isUWhiteSpace(c) || c == 0) {
			is_gap = out.len > 0;
			continue;
		}
		if (is_gap)
			str_addc(&out, ' ');
		is_gap = false;
		add_char(&out, c);
	}
	str_free(&all);
	if (e) {
		str_free(&out);
		return e;
	}
	return str_take(&out, ret, why);
}

/* ---- pinyin ---- */

/* A transliterator serves one thread at a time and is slow to make: one a thread. */
static pthread_key_t trans_key;
static pthread_once_t trans_once = PTHREAD_ONCE_INIT;

static void close_trans(void *t)
{
	utrans_close(t);
}

static void make_key(void)
{
	pthread_key_create(&trans_key, close_trans);
}

static UTransliterator *transliterator(void)
{
	static const UChar ID[] = u"Han-Latin; Latin-ASCII; Lower";
	pthread_once(&trans_once, make_key);
	UTransliterator *t = pthread_getspecific(trans_key);
	if (!t) {
		UErrorCode uc = U_ZERO_ERROR;
		t = utrans_openU(ID, -1, UTRANS_FORWARD, NULL, 0, NULL, &uc);
		if (U_FAILURE(uc))
			return NULL;
		pthread_setspecific(trans_key, t);
	}
	return t;
}

enum { PINYIN_BYTES = 16 };

/* Family names read otherwise than the character alone, where the name stands first. */
static const struct {
	UChar32 c;
	const char *as;
} FAMILY[] = {
	{ 0x5355, "shan" }, { 0x66fe, "zeng" }, { 0x89e3, "xie" }, { 0x4ec7, "qiu" },
	{ 0x67e5, "zha" },  { 0x533a, "ou" },   { 0x76d6, "ge" },
};

static bool family_reading(UChar32 c, char out[PINYIN_BYTES])
{
	for (size_t i = 0; i < sizeof FAMILY / sizeof *FAMILY; i++) {
		if (FAMILY[i].c == c)
			return str_copy(out, PINYIN_BYTES, FAMILY[i].as);
	}
	return false;
}

/* One character's reading in ASCII; false when it has none. */
static bool transliterate(UChar32 c, char out[PINYIN_BYTES])
{
	UTransliterator *t = transliterator();
	UChar buf[32];
	int32_t n = 0, limit;
	UErrorCode uc = U_ZERO_ERROR;
	U16_APPEND_UNSAFE(buf, n, c);
	limit = n;
	if (t)
		utrans_transUChars(t, buf, &n, 32, 0, &limit, &uc);
	if (!t || U_FAILURE(uc) || n >= PINYIN_BYTES)
		return false;
	for (int32_t i = 0; i < n; i++) {
		if (buf[i] < 'a' || buf[i] > 'z')
			return false;
		out[i] = (char)buf[i];
	}
	out[n] = '\0';
	return n > 0;
}

/* The transliterator walks hundreds of rules for a character, and names are made of few: what it
 * said is kept, each thread for itself. */
enum { KEPT_READINGS = 2048 };
struct kept_reading {
	UChar32 c; /* 0: free */
	bool is_read;
	char out[PINYIN_BYTES];
};

static bool reading(UChar32 c, char out[PINYIN_BYTES])
{
	static _Thread_local struct kept_reading kept[KEPT_READINGS];
	struct kept_reading *k = &kept[(uint32_t)c % KEPT_READINGS];
	if (k->c != c) {
		k->is_read = transliterate(c, k->out);
		k->c = c;
	}
	if (k->is_read)
		memcpy(out, k->out, PINYIN_BYTES);
	return k->is_read;
}

static bool is_han(UChar32 c)
{
	UErrorCode uc = U_ZERO_ERROR;
	return c >= 0x3400 && uscript_getScript(c, &uc) == USCRIPT_HAN;
}

/* What a walk over folded text makes of each character. */
typedef void each_fn(struct str *out, UChar32 c, const char *pinyin, bool begins_word);

static enum err walk(const char *s, each_fn *fn, char **ret, struct why *why)
{
	CLEANUP(str_drop) char *folded = NULL;
	struct str out = { 0 };
	enum err e = text_fold(s, &folded, why);
	if (e)
		return e;
	bool is_word = false;
	for (int32_t i = 0; folded[i];) {
		char pinyin[PINYIN_BYTES] = "";
		UChar32 c;
		bool is_first = i == 0;
		U8_NEXT(folded, i, -1, c);
		bool is_read =
		    is_han(c) && ((is_first && family_reading(c, pinyin)) || reading(c, pinyin));
		fn(&out, c, is_read ? pinyin : NULL, !is_word);
		is_word = u_isalnum(c) && !is_han(c);
	}
	return str_take(&out, ret, why);
}

static void add_full(struct str *out, UChar32 c, const char *pinyin, bool begins_word)
{
	bool is_apart = out->len > 0 && out->p[out->len - 1] != ' ';
	if (pinyin) {
		if (is_apart)
			str_addc(out, ' ');
		str_add(out, pinyin);
		str_addc(out, ' ');
		return;
	}
	(void)begins_word;
	if (c == ' ' && !is_apart)
		return;
	add_char(out, c);
}

static void add_initial(struct str *out, UChar32 c, const char *pinyin, bool begins_word)
{
	if (pinyin)
		str_addc(out, pinyin[0]);
	else if (u_isalnum(c) && (begins_word || u_isdigit(c)))
		add_char(out, c);
}

enum err text_pinyin(const char *s, char **ret, struct why *why)
{
	enum err e = walk(s, add_full, ret, why);
	size_t n = e ? 0 : strlen(*ret);
	if (n && (*ret)[n - 1] == ' ')
		(*ret)[n - 1] = '\0';
	return e;
}

enum err text_initials(const char *s, char **ret, struct why *why)
{
	return walk(s, add_initial, ret, why);
}
