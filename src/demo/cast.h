/* demo/cast.h -- who and what the demo's company consists of: the rows of cast.def, numbered. */
#ifndef DEMO_CAST_H
#define DEMO_CAST_H

enum cast_unit {
	CAST_NONE = -1,
#define UNIT(key, parent, kind, name) CAST_##key,
#include "demo/cast.def"
#undef UNIT
	CAST_UNITS
};

struct cast_unit_row {
	enum cast_unit parent;
	const char *kind, *name;
};

struct cast_person_row {
	const char *job_no, *name, *role;
	enum cast_unit unit;
};

struct cast_agent_row {
	const char *job_no, *name;
	enum cast_unit unit;
	int skill_pct; /* of the average, for what customers agree to */
	int pace_pct;  /* for how soon he takes the next call */
	int first_day; /* of the history */
};

struct cast_campaign_row {
	const char *name;
	enum cast_unit unit;
	const char *script, *mode;
	int first_day, last_day;
	int customers;
};

enum cast_count {
#define ONE(...) +1
	CAST_PEOPLE = 0
#define PERSON ONE
#include "demo/cast.def"
#undef PERSON
	,
	CAST_AGENTS = 0
#define AGENT ONE
#include "demo/cast.def"
#undef AGENT
	,
	CAST_CAMPAIGNS = 0
#define CAMPAIGN ONE
#include "demo/cast.def"
#undef CAMPAIGN
#undef ONE
};

enum {
	CAST_VISITOR = 5,   /* the agent whose seat is free for the visitor: no calls today */
	CAST_INSPECTOR = 2, /* index into CAST_PERSON */
	CAST_ADMINISTRATOR = 4,
	CAST_SURNAMES = 40, /* those the phrase bank can say */
	CAST_GIVEN = 64,
};

extern const struct cast_unit_row CAST_UNIT[CAST_UNITS];
extern const struct cast_person_row CAST_PERSON[CAST_PEOPLE];
extern const struct cast_agent_row CAST_AGENT[CAST_AGENTS];
extern const struct cast_campaign_row CAST_CAMPAIGN[CAST_CAMPAIGNS];
extern const char *const CAST_SURNAME[CAST_SURNAMES];
extern const char *const CAST_GIVEN_CHAR[CAST_GIVEN]; /* the first half rather for women */

/** Company of a script, as its first step says it. */
const char *cast_company(const char *script);

#endif
