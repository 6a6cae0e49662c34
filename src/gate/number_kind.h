/* gate/number_kind.h -- what sort of telephone number it is. spec: China's numbering plan.
 *
 * The text is what phone.kind holds. */
#ifndef GATE_NUMBER_KIND_H
#define GATE_NUMBER_KIND_H

/* X(name, text, Chinese, English) */
/* clang-format off */
#define NUMBER_KINDS(X)                                             \
	X(INVALID, "invalid", "无效号码", "not a telephone number") \
	X(MOBILE, "mobile", "手机", "mobile")                       \
	X(LANDLINE, "landline", "固定电话", "landline")             \
	X(SERVICE, "service", "服务号码", "service number")         \
	X(SPECIAL, "special", "紧急或公共服务号码", "emergency or public service number") \
	X(MACHINE, "machine", "物联网号码", "machine number")       \
	X(ABROAD, "abroad", "境外号码", "number outside the mainland")
/* clang-format on */

enum number_kind {
#define X(name, text, zh, en) NUMBER_##name,
	NUMBER_KINDS(X)
#undef X
	    NUMBER_KIND_COUNT
};

const char *number_kind_text(enum number_kind k); /* "mobile"; static storage */
const char *number_kind_zh(enum number_kind k);
const char *number_kind_en(enum number_kind k);
enum number_kind number_kind_parse(const char *text); /* NUMBER_INVALID: unknown */

#endif
