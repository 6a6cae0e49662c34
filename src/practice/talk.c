#include "practice/talk.h"

void talk_init(struct talk *t, const struct talk_manner *m, int32_t lines, bool does_begin,
               int64_t now_ms)
{
	*t = (struct talk){
		.manner = *m, .lines = lines, .does_begin = does_begin, .quiet_since_ms = now_ms
	};
}

static enum talk_do say_next(struct talk *t, int32_t *ret_line)
{
	t->is_speaking = true;
	t->has_other_spoken = false;
	*ret_line = t->next++;
	return TALK_SAY;
}

/* How long it must be quiet before the next own line. */
static int32_t wait_ms(const struct talk *t)
{
	if (t->has_other_spoken)
		return t->manner.pause_ms;
	bool is_opening = t->next == 0 && t->does_begin;
	return is_opening ? t->manner.first_ms : t->manner.patience_ms;
}

static enum talk_do on_tick(struct talk *t, int64_t now_ms, int32_t *ret_line)
{
	if (t->is_speaking || t->is_other_speaking)
		return TALK_NOTHING;

	int64_t quiet_ms = now_ms - t->quiet_since_ms;
	if (t->next < t->lines)
		return quiet_ms >= wait_ms(t) ? say_next(t, ret_line) : TALK_NOTHING;

	if (t->manner.bye_ms < 0 || quiet_ms < t->manner.bye_ms)
		return TALK_NOTHING;
	t->is_over = true;
	return TALK_HANG_UP;
}

enum talk_do talk_on(struct talk *t, enum talk_event ev, int64_t now_ms, int32_t *ret_line)
{
	if (t->is_over)
		return TALK_NOTHING;
	switch (ev) {
	case TALK_EV_OTHER_SPEAKS:
		t->is_other_speaking = true;
		return TALK_NOTHING;
	case TALK_EV_OTHER_STOPS:
		t->is_other_speaking = false;
		t->has_other_spoken = true;
		t->quiet_since_ms = now_ms;
		return TALK_NOTHING;
	case TALK_EV_SAID:
		t->is_speaking = false;
		t->quiet_since_ms = now_ms;
		return TALK_NOTHING;
	case TALK_EV_TICK:
		break;
	}
	return on_tick(t, now_ms, ret_line);
}
