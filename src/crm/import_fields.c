/* What a column can mean, and which headers mean it. */
#include <ctype.h>
#include <string.h>

#include "crm/import_int.h"

static const char *const KEYS[IMPORT_FIELD_COUNT] = {
#define X(name, key, zh, en) key,
	IMPORT_FIELDS(X)
#undef X
};

struct class_name {
	const char *text, *zh, *en;
};
static const struct class_name CLASSES[IMPORT_CLASS_COUNT] = {
#define X(name, text, zh, en) { text, zh, en },
	IMPORT_CLASSES(X)
#undef X
};

const char *import_field_key(enum import_field f)
{
	return KEYS[f];
}

enum import_field import_field_parse(const char *key)
{
	for (int f = 0; f < IMPORT_FIELD_COUNT; f++) {
		if (key && strcmp(KEYS[f], key) == 0)
			return (enum import_field)f;
	}
	return IMPORT_FIELD_NONE;
}

const char *import_class_text(enum import_class c)
{
	return CLASSES[c].text;
}

const char *import_class_label(enum import_class c, enum lang lang)
{
	return lang == LANG_ZH ? CLASSES[c].zh : CLASSES[c].en;
}

enum import_class import_class_parse(const char *text)
{
	int c = 0;
	while (c < IMPORT_CLASS_COUNT && strcmp(CLASSES[c].text, text) != 0)
		c++;
	return (enum import_class)c;
}

/* Words of headers, lower case, without blanks and punctuation. An exact match wins over a part; a
 * longer part over a shorter one, so 备用手机 is not 手机 and 联系人电话 is a number. */
struct synonym {
	enum import_field field;
	const char *word;
};
static const struct synonym SYNONYMS[] = {
	{ IMPORT_FIELD_NAME, "姓名" },         { IMPORT_FIELD_NAME, "客户姓名" },
	{ IMPORT_FIELD_NAME, "客户名称" },     { IMPORT_FIELD_NAME, "客户" },
	{ IMPORT_FIELD_NAME, "名字" },         { IMPORT_FIELD_NAME, "name" },
	{ IMPORT_FIELD_NAME, "fullname" },     { IMPORT_FIELD_NAME, "customername" },
	{ IMPORT_FIELD_PHONE, "手机" },        { IMPORT_FIELD_PHONE, "手机号" },
	{ IMPORT_FIELD_PHONE, "手机号码" },    { IMPORT_FIELD_PHONE, "电话" },
	{ IMPORT_FIELD_PHONE, "电话号码" },    { IMPORT_FIELD_PHONE, "联系电话" },
	{ IMPORT_FIELD_PHONE, "联系方式" },    { IMPORT_FIELD_PHONE, "联系手机" },
	{ IMPORT_FIELD_PHONE, "联系人电话" },  { IMPORT_FIELD_PHONE, "联系人手机" },
	{ IMPORT_FIELD_PHONE, "移动电话" },    { IMPORT_FIELD_PHONE, "号码" },
	{ IMPORT_FIELD_PHONE, "phone" },       { IMPORT_FIELD_PHONE, "mobile" },
	{ IMPORT_FIELD_PHONE, "tel" },         { IMPORT_FIELD_PHONE, "telephone" },
	{ IMPORT_FIELD_PHONE, "cell" },        { IMPORT_FIELD_PHONE, "phonenumber" },
	{ IMPORT_FIELD_PHONE2, "备用电话" },   { IMPORT_FIELD_PHONE2, "备用手机" },
	{ IMPORT_FIELD_PHONE2, "备用号码" },   { IMPORT_FIELD_PHONE2, "电话2" },
	{ IMPORT_FIELD_PHONE2, "手机2" },      { IMPORT_FIELD_PHONE2, "其他电话" },
	{ IMPORT_FIELD_PHONE2, "固定电话" },   { IMPORT_FIELD_PHONE2, "固话" },
	{ IMPORT_FIELD_PHONE2, "座机" },       { IMPORT_FIELD_PHONE2, "办公电话" },
	{ IMPORT_FIELD_PHONE2, "家庭电话" },   { IMPORT_FIELD_PHONE2, "phone2" },
	{ IMPORT_FIELD_CALL_AS, "称呼" },      { IMPORT_FIELD_CALL_AS, "客户称呼" },
	{ IMPORT_FIELD_CALL_AS, "称谓" },      { IMPORT_FIELD_CALL_AS, "salutation" },
	{ IMPORT_FIELD_GENDER, "性别" },       { IMPORT_FIELD_GENDER, "gender" },
	{ IMPORT_FIELD_GENDER, "sex" },        { IMPORT_FIELD_GRADE, "等级" },
	{ IMPORT_FIELD_GRADE, "客户等级" },    { IMPORT_FIELD_GRADE, "意向等级" },
	{ IMPORT_FIELD_GRADE, "级别" },        { IMPORT_FIELD_GRADE, "grade" },
	{ IMPORT_FIELD_GRADE, "level" },       { IMPORT_FIELD_COMPANY, "公司" },
	{ IMPORT_FIELD_COMPANY, "公司名称" },  { IMPORT_FIELD_COMPANY, "单位" },
	{ IMPORT_FIELD_COMPANY, "企业名称" },  { IMPORT_FIELD_COMPANY, "工作单位" },
	{ IMPORT_FIELD_COMPANY, "company" },   { IMPORT_FIELD_WECHAT, "微信" },
	{ IMPORT_FIELD_WECHAT, "微信号" },     { IMPORT_FIELD_WECHAT, "wechat" },
	{ IMPORT_FIELD_PROVINCE, "省" },       { IMPORT_FIELD_PROVINCE, "省份" },
	{ IMPORT_FIELD_PROVINCE, "所在省" },   { IMPORT_FIELD_PROVINCE, "province" },
	{ IMPORT_FIELD_CITY, "市" },           { IMPORT_FIELD_CITY, "城市" },
	{ IMPORT_FIELD_CITY, "地区" },         { IMPORT_FIELD_CITY, "归属地" },
	{ IMPORT_FIELD_CITY, "区域" },         { IMPORT_FIELD_CITY, "city" },
	{ IMPORT_FIELD_PRODUCT, "意向产品" },  { IMPORT_FIELD_PRODUCT, "产品" },
	{ IMPORT_FIELD_PRODUCT, "product" },   { IMPORT_FIELD_SOURCE, "来源" },
	{ IMPORT_FIELD_SOURCE, "渠道" },       { IMPORT_FIELD_SOURCE, "来源渠道" },
	{ IMPORT_FIELD_SOURCE, "数据来源" },   { IMPORT_FIELD_SOURCE, "source" },
	{ IMPORT_FIELD_SUPPLIER, "供应商" },   { IMPORT_FIELD_SUPPLIER, "数据供应商" },
	{ IMPORT_FIELD_SUPPLIER, "supplier" }, { IMPORT_FIELD_BASIS, "授权方式" },
	{ IMPORT_FIELD_BASIS, "授权依据" },    { IMPORT_FIELD_BASIS, "同意方式" },
	{ IMPORT_FIELD_BASIS, "consent" },     { IMPORT_FIELD_GIVEN, "授权时间" },
	{ IMPORT_FIELD_GIVEN, "授权日期" },    { IMPORT_FIELD_GIVEN, "同意时间" },
	{ IMPORT_FIELD_GIVEN, "consentdate" }, { IMPORT_FIELD_OWNER, "负责人" },
	{ IMPORT_FIELD_OWNER, "归属人" },      { IMPORT_FIELD_OWNER, "工号" },
	{ IMPORT_FIELD_OWNER, "负责人工号" },  { IMPORT_FIELD_OWNER, "坐席" },
	{ IMPORT_FIELD_OWNER, "owner" },       { IMPORT_FIELD_CONTACT, "联系人" },
	{ IMPORT_FIELD_CONTACT, "contact" },   { IMPORT_FIELD_REMARK, "备注" },
	{ IMPORT_FIELD_REMARK, "说明" },       { IMPORT_FIELD_REMARK, "客户备注" },
	{ IMPORT_FIELD_REMARK, "remark" },     { IMPORT_FIELD_REMARK, "note" },
	{ IMPORT_FIELD_REMARK, "memo" },
};

/* "客户 姓名（必填）*" -> "客户姓名": what stands in brackets explains, it does not name. */
static void plain_header(const char *header, char *ret, size_t size)
{
	size_t n = 0;
	for (const char *p = header; *p && n + 1 < size; p++) {
		if (*p == '(' || strncmp(p, "（", 3) == 0 || strncmp(p, "【", 3) == 0)
			break;
		if (strncmp(p, "：", 3) == 0 || strncmp(p, "　", 3) == 0) {
			p += 2;
			continue;
		}
		if (!isspace((unsigned char)*p) && !strchr("*_-:#\"'", *p))
			ret[n++] = (char)tolower((unsigned char)*p);
	}
	ret[n] = '\0';
}

enum import_field import_guess(const char *header)
{
	char plain[120];
	plain_header(header, plain, sizeof plain);
	enum import_field best = IMPORT_FIELD_NONE;
	size_t best_len = 0;
	for (size_t i = 0; *plain && i < sizeof SYNONYMS / sizeof *SYNONYMS; i++) {
		size_t n = strlen(SYNONYMS[i].word);
		if (strcmp(plain, SYNONYMS[i].word) == 0)
			return SYNONYMS[i].field;
		/* A part must be a word of some weight: 市 alone is in 市场. */
		if (n >= 6 && n > best_len && !isalpha((unsigned char)SYNONYMS[i].word[0]) &&
		    strstr(plain, SYNONYMS[i].word)) {
			best = SYNONYMS[i].field;
			best_len = n;
		}
	}
	return best;
}
