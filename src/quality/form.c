#include "quality/form.h"

#include <stdlib.h>
#include <string.h>

static const char *const CLASS_NAMES[FORM_CLASS_COUNT] = { "NC", "BC", "CC", "CoC" };

void form_free(struct form **f)
{
	if (!*f)
		return;
	json_decref((*f)->body);
	free(*f);
	*f = NULL;
}

static enum err bad(const struct form *f, const char *what, struct why *why)
{
	return fail(why, E_FORM_INVALID, f->key, what);
}

static bool class_of(const char *name, enum form_class *ret)
{
	for (int i = 0; i < FORM_CLASS_COUNT; i++)
		if (!strcmp(name, CLASS_NAMES[i])) {
			*ret = (enum form_class)i;
			return true;
		}
	return false;
}

static bool copy_key(char dst[FORM_KEY_BYTES], const char *src)
{
	return *src && str_copy(dst, FORM_KEY_BYTES, src);
}

static enum err read_item(struct form *f, const json_t *o, int section, struct why *why)
{
	if (f->n_items == FORM_ITEMS)
		return bad(f, "too many items", why);

	const char *key, *name, *class;
	struct form_item it = { .section = section };
	enum err e;
	if ((e = json_get_str(o, "key", &key, why)) || (e = json_get_str(o, "name", &name, why)) ||
	    (e = json_get_str(o, "class", &class, why)) ||
	    (e = json_get_int(o, "points_centi", 1, 100000, &it.points_centi, why)) ||
	    (e = json_get_int(o, "step_centi", 1, 100000, &it.step_centi, why)) ||
	    (e = json_opt_bool(o, "fatal", false, &it.is_fatal, why)))
		return e;
	if (!copy_key(it.key, key))
		return bad(f, "an item's key is empty or too long", why);
	if (form_item_index(f, key) >= 0)
		return bad(f, "two items have the same key", why);
	if (!class_of(class, &it.class))
		return bad(f, "a class is one of NC, BC, CC, CoC", why);
	if (it.points_centi % it.step_centi)
		return bad(f, "an item's points must be a multiple of its step", why);
	f->items[f->n_items++] = it;
	f->weight_centi[section] += it.points_centi;
	return ERR_OK;
}

static enum err read_sections(struct form *f, struct why *why)
{
	const json_t *sections;
	enum err e = json_get_arr(f->body, "sections", &sections, why);
	if (e)
		return e;
	if (json_array_size(sections) > FORM_SECTIONS)
		return bad(f, "too many sections", why);

	size_t i;
	json_t *section;
	json_array_foreach(sections, i, section)
	{
		const json_t *items;
		const char *name;
		if ((e = json_get_str(section, "name", &name, why)) ||
		    (e = json_get_arr(section, "items", &items, why)))
			return e;
		size_t k;
		json_t *item;
		json_array_foreach(items, k, item)
		{
			if ((e = read_item(f, item, (int)i, why)))
				return e;
		}
		f->n_sections++;
	}
	return f->n_items ? ERR_OK : bad(f, "it has no items", why);
}

static enum err read_fatals(struct form *f, struct why *why)
{
	const json_t *list = json_object_get(f->body, "fatal");
	size_t i;
	json_t *o;
	json_array_foreach(list, i, o)
	{
		const char *key;
		enum err e = json_get_str(o, "key", &key, why);
		if (e)
			return e;
		if (f->n_fatals == FORM_FATALS || form_has_fatal(f, key) ||
		    !copy_key(f->fatals[f->n_fatals], key))
			return bad(f, "the list of red lines is too long or repeats a key", why);
		f->n_fatals++;
	}
	return ERR_OK;
}

static enum err read_head(struct form *f, struct why *why)
{
	const char *mode, *name;
	enum err e;
	if ((e = json_get_str(f->body, "name", &name, why)) ||
	    (e = json_get_str(f->body, "mode", &mode, why)) ||
	    (e = json_get_int(f->body, "max_centi", 1, 1000000, &f->max_centi, why)) ||
	    (e = json_get_int(f->body, "pass_centi", 0, f->max_centi, &f->pass_centi, why)))
		return e;
	if (strcmp(mode, "deduct") && strcmp(mode, "weighted"))
		return bad(f, "its mode is 'deduct' or 'weighted'", why);
	f->mode = strcmp(mode, "deduct") ? FORM_WEIGHTED : FORM_DEDUCT;
	return ERR_OK;
}

/* Items of a weighted form share out its maximum; of a deducting form they may take more than
 * there is (the floor is 0). */
static enum err check_sum(const struct form *f, struct why *why)
{
	int64_t sum = 0;
	for (int i = 0; i < f->n_sections; i++)
		sum += f->weight_centi[i];
	if (f->mode == FORM_WEIGHTED && sum != f->max_centi)
		return bad(f, "the points of its items do not add up to its maximum", why);
	return ERR_OK;
}

enum err form_parse(const char *key, int64_t version, const char *body, struct form **ret,
                    struct why *why)
{
	CLEANUP(form_free) struct form *f = calloc(1, sizeof(*f));
	if (!f)
		return fail(why, E_NOMEM);
	f->version = version;
	if (!str_copy(f->key, sizeof(f->key), key))
		return bad(f, "its key is too long", why);

	enum err e;
	if ((e = json_read_text(body, &f->body, why)) || (e = read_head(f, why)) ||
	    (e = read_sections(f, why)) || (e = read_fatals(f, why)) || (e = check_sum(f, why)))
		return e;
	*ret = f;
	f = NULL;
	return ERR_OK;
}

int form_item_index(const struct form *f, const char *key)
{
	for (int i = 0; i < f->n_items; i++)
		if (!strcmp(f->items[i].key, key))
			return i;
	return -1;
}

bool form_has_fatal(const struct form *f, const char *key)
{
	for (int i = 0; i < f->n_fatals; i++)
		if (!strcmp(f->fatals[i], key))
			return true;
	int item = form_item_index(f, key);
	return item >= 0 && f->items[item].is_fatal;
}
