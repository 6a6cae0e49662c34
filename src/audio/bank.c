#include "audio/bank.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"

enum { MANIFEST_MAX_BYTES = 8 << 20, SIDES = 2, NAME_BYTES = 64 };

struct voice_file {
	enum bank_side side;
	bool is_female;
	const uint8_t *alaw;
	size_t bytes;
	const json_t *at; /* [[offset, samples], …] in the order of the side's pieces */
};

struct bank {
	char *dir;
	json_t *manifest;
	const json_t *pieces[SIDES]; /* texts */
	struct voice_file *voices;
	int n_voices;
	int by_side[SIDES][16], n_side[SIDES];
	struct bank_dialogue *dialogues;
	int n_dialogues;
};

void bank_free(struct bank **b)
{
	if (!*b)
		return;
	for (int i = 0; i < (*b)->n_voices; i++)
		if ((*b)->voices[i].alaw)
			munmap((void *)(uintptr_t)(*b)->voices[i].alaw, (*b)->voices[i].bytes);
	free((*b)->voices);
	free((*b)->dialogues);
	json_decref((*b)->manifest);
	free((*b)->dir);
	free(*b);
	*b = NULL;
}

static enum err bad(const struct bank *b, const char *what, struct why *why)
{
	return fail(why, E_BANK, b->dir, what);
}

/* ---- opening ---- */

static enum err map_voice(const struct bank *b, const char *name, struct voice_file *v,
                          struct why *why)
{
	CLEANUP(str_drop) char *path = file_join(b->dir, name);
	if (!path)
		return fail(why, E_NOMEM);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(why, E_FILE_OPEN, path, strerror(errno));

	struct stat st;
	void *p = MAP_FAILED;
	if (!fstat(fd, &st) && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return fail(why, E_FILE_READ, path, "empty, or cannot be mapped");
	v->alaw = p;
	v->bytes = (size_t)st.st_size;
	return ERR_OK;
}

/* Every piece must lie within its file: bank_say() trusts this. */
static bool spans_fit(const struct voice_file *v, size_t pieces)
{
	if (json_array_size(v->at) != pieces)
		return false;
	size_t i;
	json_t *span;
	json_array_foreach(v->at, i, span)
	{
		json_int_t from = json_integer_value(json_array_get(span, 0));
		json_int_t n = json_integer_value(json_array_get(span, 1));
		if (from < 0 || n < 0 || (uint64_t)from + (uint64_t)n > v->bytes)
			return false;
	}
	return true;
}

static enum err read_voice(struct bank *b, const json_t *o, struct why *why)
{
	struct voice_file *v = &b->voices[b->n_voices];
	const char *side, *file;
	enum err e;
	if ((e = json_get_str(o, "side", &side, why)) ||
	    (e = json_get_str(o, "file", &file, why)) || (e = json_get_arr(o, "at", &v->at, why)) ||
	    (e = map_voice(b, file, v, why)))
		return e;
	v->side = strcmp(side, "agent") ? BANK_CUSTOMER : BANK_AGENT;
	v->is_female = !strcmp(json_str(o, "gender", ""), "f");
	int *n = &b->n_side[v->side];
	if (*n == (int)(sizeof(b->by_side[0]) / sizeof(b->by_side[0][0])))
		return bad(b, "too many voices", why);
	b->by_side[v->side][(*n)++] = b->n_voices++;
	if (!spans_fit(v, json_array_size(b->pieces[v->side])))
		return bad(b, "a voice file is shorter than its manifest says", why);
	return ERR_OK;
}

static enum err read_voices(struct bank *b, struct why *why)
{
	const json_t *list;
	enum err e = json_get_arr(b->manifest, "voices", &list, why);
	if (e)
		return e;
	b->voices = calloc(json_array_size(list) + 1, sizeof(*b->voices));
	if (!b->voices)
		return fail(why, E_NOMEM);
	size_t i;
	json_t *o;
	json_array_foreach(list, i, o)
	{
		if ((e = read_voice(b, o, why)))
			return e;
	}
	if (!b->n_side[BANK_CUSTOMER] || !b->n_side[BANK_AGENT])
		return bad(b, "a side has no voice", why);
	return ERR_OK;
}

static const json_t *lines_of(const struct bank *b, int dialogue)
{
	return json_object_get(
	    json_array_get(json_object_get(b->manifest, "dialogues"), (size_t)dialogue), "lines");
}

static const json_t *line_of(const struct bank *b, int dialogue, int line)
{
	return json_array_get(lines_of(b, dialogue), (size_t)line);
}

enum bank_side bank_side(const struct bank *b, int dialogue, int line)
{
	return strcmp(json_str(line_of(b, dialogue, line), "side", ""), "agent") ? BANK_CUSTOMER
	                                                                         : BANK_AGENT;
}

static bool pieces_exist(const struct bank *b, int dialogue, int lines)
{
	for (int i = 0; i < lines; i++) {
		size_t n = json_array_size(b->pieces[bank_side(b, dialogue, i)]), k;
		json_t *p;
		json_array_foreach(json_object_get(line_of(b, dialogue, i), "pieces"), k, p)
		{
			if (!json_is_string(p) &&
			    (!json_is_integer(p) || json_integer_value(p) < 0 ||
			     (size_t)json_integer_value(p) >= n))
				return false;
		}
	}
	return true;
}

static enum err read_dialogues(struct bank *b, struct why *why)
{
	const json_t *list;
	enum err e = json_get_arr(b->manifest, "dialogues", &list, why);
	if (e)
		return e;
	b->dialogues = calloc(json_array_size(list) + 1, sizeof(*b->dialogues));
	if (!b->dialogues)
		return fail(why, E_NOMEM);
	size_t i;
	json_t *o;
	json_array_foreach(list, i, o)
	{
		struct bank_dialogue *d = &b->dialogues[i];
		if ((e = json_get_str(o, "key", &d->key, why)) ||
		    (e = json_get_str(o, "script", &d->script, why)) ||
		    (e = json_get_str(o, "mood", &d->mood, why)) ||
		    (e = json_get_str(o, "result", &d->result, why)) ||
		    (e = json_get_str(o, "zh", &d->zh, why)))
			return e;
		d->lines = (int)json_array_size(lines_of(b, (int)i));
		if (d->lines < 1 || d->lines > BANK_LINES || !pieces_exist(b, (int)i, d->lines))
			return bad(
			    b,
			    "a dialogue has no lines, too many, or names pieces that are not there",
			    why);
		b->n_dialogues++;
	}
	return b->n_dialogues ? ERR_OK : bad(b, "it has no dialogues", why);
}

static enum err read_manifest(struct bank *b, struct why *why)
{
	CLEANUP(str_drop) char *path = file_join(b->dir, "bank.json");
	CLEANUP(str_drop) char *text = NULL;
	if (!path)
		return fail(why, E_NOMEM);
	size_t bytes;
	enum err e;
	const json_t *pieces;
	if ((e = file_read(path, MANIFEST_MAX_BYTES, &text, &bytes, why)) ||
	    (e = json_read(text, bytes, &b->manifest, why)) ||
	    (e = json_get_obj(b->manifest, "pieces", &pieces, why)) ||
	    (e = json_get_arr(pieces, "customer", &b->pieces[BANK_CUSTOMER], why)) ||
	    (e = json_get_arr(pieces, "agent", &b->pieces[BANK_AGENT], why)))
		return e;
	if (json_int(b->manifest, "rate_hz", 0) != BANK_RATE_HZ)
		return bad(b, "its sample rate is not 8000", why);
	return ERR_OK;
}

enum err bank_open(const char *dir, struct bank **ret, struct why *why)
{
	CLEANUP(bank_free) struct bank *b = calloc(1, sizeof(*b));
	if (!b || !(b->dir = strdup(dir)))
		return fail(why, E_NOMEM);
	enum err e;
	if ((e = read_manifest(b, why)) || (e = read_voices(b, why)) ||
	    (e = read_dialogues(b, why)))
		return e;
	*ret = b;
	b = NULL;
	return ERR_OK;
}

/* ---- speaking ---- */

int bank_dialogues(const struct bank *b)
{
	return b->n_dialogues;
}

const struct bank_dialogue *bank_dialogue(const struct bank *b, int dialogue)
{
	return &b->dialogues[dialogue];
}

int bank_find(const struct bank *b, const char *key)
{
	for (int i = 0; i < b->n_dialogues; i++)
		if (!strcmp(b->dialogues[i].key, key))
			return i;
	return -1;
}

int bank_voices(const struct bank *b, enum bank_side side)
{
	return b->n_side[side];
}

static const struct voice_file *voice_of(const struct bank *b, enum bank_side side, int voice)
{
	return &b->voices[b->by_side[side][voice % b->n_side[side]]];
}

bool bank_is_female(const struct bank *b, enum bank_side side, int voice)
{
	return voice_of(b, side, voice)->is_female;
}

static int piece_of(const struct bank *b, enum bank_side side, const char *text)
{
	size_t i;
	json_t *p;
	json_array_foreach(b->pieces[side], i, p)
	{
		if (!strcmp(json_string_value(p), text))
			return (int)i;
	}
	return -1;
}

/* Digits as a telesales floor reads a job number: 1 is 幺. */
static const char *const DIGITS[10] = {
	"零", "幺", "二", "三", "四", "五", "六", "七", "八", "九"
};

/* Hands the pieces of a line, in order, to `fn`. */
typedef void piece_fn(int piece, void *ctx);

static void each_digit(const struct bank *b, enum bank_side side, const char *job_no, piece_fn *fn,
                       void *ctx)
{
	for (const char *p = job_no; p && *p; p++) {
		int piece = *p >= '0' && *p <= '9' ? piece_of(b, side, DIGITS[*p - '0']) : -1;
		if (piece >= 0)
			fn(piece, ctx);
	}
}

static void each_piece(const struct bank *b, int dialogue, int line, const struct bank_names *names,
                       piece_fn *fn, void *ctx)
{
	static const struct bank_names NOBODY = { 0 };
	const struct bank_names *who = names ? names : &NOBODY;
	enum bank_side side = bank_side(b, dialogue, line);
	size_t i;
	json_t *p;
	json_array_foreach(json_object_get(line_of(b, dialogue, line), "pieces"), i, p)
	{
		if (json_is_integer(p)) {
			fn((int)json_integer_value(p), ctx);
			continue;
		}
		const char *name = json_string_value(p);
		const char *fill = !strcmp(name, "{称呼}")   ? who->call_as
		                   : !strcmp(name, "{公司}") ? who->company
		                                             : NULL;
		int piece = fill ? piece_of(b, side, fill) : -1;
		if (piece >= 0)
			fn(piece, ctx);
		else if (!strcmp(name, "{工号}"))
			each_digit(b, side, who->job_no, fn, ctx);
	}
}

struct speech {
	const struct voice_file *voice;
	uint8_t *out; /* NULL: only count */
	size_t samples;
};

static void speak(int piece, void *ctx)
{
	struct speech *s = ctx;
	const json_t *span = json_array_get(s->voice->at, (size_t)piece);
	size_t n = (size_t)json_integer_value(json_array_get(span, 1));
	if (s->out)
		memcpy(s->out + s->samples,
		       s->voice->alaw + json_integer_value(json_array_get(span, 0)), n);
	s->samples += n;
}

size_t bank_samples(const struct bank *b, int dialogue, int line, int voice,
                    const struct bank_names *names)
{
	struct speech s = { voice_of(b, bank_side(b, dialogue, line), voice), NULL, 0 };
	each_piece(b, dialogue, line, names, speak, &s);
	return s.samples;
}

void bank_say(const struct bank *b, int dialogue, int line, int voice,
              const struct bank_names *names, uint8_t *out)
{
	struct speech s = { voice_of(b, bank_side(b, dialogue, line), voice), out, 0 };
	each_piece(b, dialogue, line, names, speak, &s);
}

/* Digits of a job number stay digits in the text. */
static const char *fill_of(const struct bank *b, enum bank_side side, const char *name,
                           const struct bank_names *who)
{
	const char *fill = !strcmp(name, "{称呼}")   ? who->call_as
	                   : !strcmp(name, "{公司}") ? who->company
	                                             : NULL;
	if (fill)
		return piece_of(b, side, fill) >= 0 ? fill : "";
	return !strcmp(name, "{工号}") && who->job_no ? who->job_no : "";
}

enum err bank_text(const struct bank *b, int dialogue, int line, const struct bank_names *names,
                   char **ret, struct why *why)
{
	static const struct bank_names NOBODY = { 0 };
	const struct bank_names *who = names ? names : &NOBODY;
	enum bank_side side = bank_side(b, dialogue, line);
	struct str s = { 0 };
	size_t i;
	json_t *p;
	json_array_foreach(json_object_get(line_of(b, dialogue, line), "parts"), i, p)
	{
		const char *part = json_string_value(p);
		str_add(&s, *part == '{' ? fill_of(b, side, part, who) : part);
	}
	return str_take(&s, ret, why);
}
