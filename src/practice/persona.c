#include "practice/persona.h"

#include <string.h>

#include "base/json.h"

static const char *const NAMES[PERSONA_ACT_COUNT] = {
	[PERSONA_ANSWER] = "answer",       [PERSONA_MACHINE] = "machine",
	[PERSONA_NO_ANSWER] = "no_answer", [PERSONA_BUSY] = "busy",
	[PERSONA_REJECTED] = "rejected",   [PERSONA_OFF] = "off",
	[PERSONA_SUSPENDED] = "suspended", [PERSONA_EMPTY] = "empty",
};

const char *persona_act_name(enum persona_act act)
{
	return NAMES[act];
}

int persona_sip_code(enum persona_act act)
{
#define X(n, sip) [PERSONA_##n] = (sip),
	static const int CODES[PERSONA_ACT_COUNT] = { PERSONA_ACTS(X) };
#undef X
	return CODES[act];
}

/* splitmix64 (Steele, Lea, Flood 2014): one multiply-xor round per draw, good enough to choose by.
 */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15U;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

static uint64_t hash_text(uint64_t seed, const char *text)
{
	uint64_t h = seed ^ 0xcbf29ce484222325U; /* FNV-1a */
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3U;
	return h;
}

static int32_t between(uint64_t *state, int32_t min, int32_t max)
{
	return min + (int32_t)(draw(state) % (uint64_t)(max - min + 1));
}

static enum persona_act choose(const struct persona_mix *mix, uint64_t *state)
{
	int64_t sum = 0;
	for (int i = 0; i < PERSONA_ACT_COUNT; i++)
		sum += mix->weight[i];
	int64_t at = (int64_t)(draw(state) % (uint64_t)sum);
	for (int i = 0; i < PERSONA_ACT_COUNT; i++) {
		at -= mix->weight[i];
		if (at < 0)
			return (enum persona_act)i;
	}
	return PERSONA_ANSWER;
}

struct persona persona_of(const struct persona_mix *mix, const char *number, uint32_t nth)
{
	uint64_t state = hash_text(mix->seed, number) + nth * 0x632be59bd9b4e019U;
	struct persona p = { .act = choose(mix, &state) };
	p.ring_ms = between(&state, mix->ring_min_ms, mix->ring_max_ms);
	p.pause_ms = between(&state, mix->pause_min_ms, mix->pause_max_ms);
	p.pick = (uint32_t)(draw(&state) >> 32);
	return p;
}

static enum err read_range(const json_t *o, const char *key, int32_t *min, int32_t *max,
                           struct why *why)
{
	const json_t *a;
	enum err e = json_get_arr(o, key, &a, why);
	if (e)
		return e;
	int64_t lo = json_integer_value(json_array_get(a, 0));
	int64_t hi = json_integer_value(json_array_get(a, 1));
	if (json_array_size(a) != 2 || lo < 0 || hi < lo || hi > 600000)
		return fail(why, E_FIELD_INVALID, key, "it is [least, most] in ms");
	*min = (int32_t)lo;
	*max = (int32_t)hi;
	return ERR_OK;
}

static enum err read_weights(const json_t *o, struct persona_mix *m, struct why *why)
{
	const json_t *w;
	enum err e = json_get_obj(o, "weights", &w, why);
	if (e)
		return e;
	int64_t sum = 0;
	for (int i = 0; i < PERSONA_ACT_COUNT; i++) {
		int64_t n = 0;
		if ((e = json_opt_int(w, NAMES[i], 0, 1000000, 0, &n, why)))
			return e;
		m->weight[i] = (int32_t)n;
		sum += n;
	}
	return sum > 0 ? ERR_OK : fail(why, E_FIELD_INVALID, "weights", "all are 0");
}

enum err persona_mix_read(const char *json, struct persona_mix *ret, struct why *why)
{
	CLEANUP(json_cleanup) json_t *o = NULL;
	struct persona_mix m = { 0 };
	int64_t seed = 0;
	enum err e = json_read_text(json, &o, why);
	if (e || (e = json_get_int(o, "seed", 0, INT64_MAX, &seed, why)) ||
	    (e = read_weights(o, &m, why)) ||
	    (e = read_range(o, "ring_ms", &m.ring_min_ms, &m.ring_max_ms, why)) ||
	    (e = read_range(o, "pause_ms", &m.pause_min_ms, &m.pause_max_ms, why)))
		return e;
	m.seed = (uint64_t)seed;
	*ret = m;
	return ERR_OK;
}
