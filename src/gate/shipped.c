#include "gate/shipped.h"

#include <stddef.h>

/* Hours: the strictest of insurers' rule (9 to 21), cloud platforms' noon pause and practice. Caps:
 * the strictest of the large platforms' published limits. Sources: docs/adr/0005-the-gate.md. */
static const char CN_MKT_DEFAULT[] =
    "{\"name\":{\"zh\":\"中国内地营销外呼（默认）\",\"en\":\"Mainland China marketing (default)\"},"
    "\"zone\":\"Asia/Shanghai\","
    "\"hours\":{\"workday\":[[\"09:00\",\"12:00\"],[\"14:00\",\"20:30\"]],"
    "\"weekend\":[[\"09:00\",\"12:00\"],[\"14:00\",\"20:30\"]],"
    "\"holiday\":[[\"10:00\",\"12:00\"],[\"14:00\",\"18:00\"]]},"
    "\"outer\":[\"09:00\",\"21:00\"],"
    "\"shift\":[{\"province\":\"新疆\",\"minutes\":120},{\"province\":\"西藏\",\"minutes\":120}],"
    "\"callee\":[{\"n\":1,\"per_s\":60},{\"n\":3,\"per_s\":86400},{\"n\":1,\"per_s\":86400,"
    "\"answered\":true},"
    "{\"n\":6,\"per_s\":604800},{\"n\":10,\"per_s\":2592000}],"
    "\"caller\":{\"mobile\":{\"per_hour\":60,\"per_day\":200,\"at_once\":1},\"other\":{}},"
    "\"consent\":{\"required\":true,\"max_age_days\":365},"
    "\"kinds\":[\"mobile\",\"landline\"]}";

static const char HOLIDAY_2025[] =
    "{\"off\":[20250101,20250128,20250129,20250130,20250131,20250201,20250202,20250203,20250204,"
    "20250404,20250405,20250406,20250501,20250502,20250503,20250504,20250505,20250531,20250601,"
    "20250602,"
    "20251001,20251002,20251003,20251004,20251005,20251006,20251007,20251008],"
    "\"work\":[20250126,20250208,20250427,20250928,20251011]}";

static const char HOLIDAY_2026[] =
    "{\"off\":[20260101,20260102,20260103,20260215,20260216,20260217,20260218,20260219,20260220,"
    "20260221,"
    "20260222,20260223,20260404,20260405,20260406,20260501,20260502,20260503,20260504,20260505,"
    "20260619,20260620,20260621,20260925,20260926,20260927,"
    "20261001,20261002,20261003,20261004,20261005,20261006,20261007],"
    "\"work\":[20260104,20260214,20260228,20260509,20260920,20261010]}";

const struct shipped SHIPPED[] = {
	{ "policy", "cn-mkt-default", CN_MKT_DEFAULT, "shipped default" },
	{ "holiday", "2025", HOLIDAY_2025, "国务院办公厅关于2025年部分节假日安排的通知" },
	{ "holiday", "2026", HOLIDAY_2026, "国务院办公厅关于2026年部分节假日安排的通知" },
	{ NULL, NULL, NULL, NULL },
};
