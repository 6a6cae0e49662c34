/* rig_int.h -- what the files of the rig share. */
#ifndef TESTS_UNIT_FLOOR_RIG_INT_H
#define TESTS_UNIT_FLOOR_RIG_INT_H

#include "rig.h"

/* Monday 2026-11-23 10:00 in Shanghai. */
#define RIG_START_UTC_MS INT64_C(1795399200000)

/* rig_phone.c: the scripted telephone */
struct floor_phone rig_phone(struct rig *r);

/* rig_house.c: ids, people, line, campaign and `customers` tasks in `mode` */
void rig_house(struct rig *r, const char *mode, int customers);

#endif
