/* crm/place.h -- the province and city of a number, offline.
 *
 * From a table of the company's own (loaded at start; the longest prefix wins) and else
 * libphonenumber's geocoder. The carrier may have changed (携号转网), the city has not. Thread:
 * any. */
#ifndef CRM_PLACE_H
#define CRM_PLACE_H

#include "base/err.h"

struct place {
	char province[24], city[24]; /* Chinese, without 省 and 市; "" unknown */
};

/** @param e164  "+8613800138000" */
void place_of(const char *e164, struct place *ret);

/** Loads a CSV of prefix,province,city ("1380013,北京,北京"), before threads start.
 *  @return ERR_INVALID with the row; the table in use stays */
enum err place_load(const char *path, struct why *why) MUST_USE;

#endif
