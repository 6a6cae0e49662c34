#include "demo/cast.h"

#include <string.h>

const struct cast_unit_row CAST_UNIT[CAST_UNITS] = {
#define UNIT(key, parent, kind, name) { CAST_##parent, kind, name },
#include "demo/cast.def"
#undef UNIT
};

const struct cast_person_row CAST_PERSON[CAST_PEOPLE] = {
#define PERSON(job_no, name, role, unit) { job_no, name, role, CAST_##unit },
#include "demo/cast.def"
#undef PERSON
};

const struct cast_agent_row CAST_AGENT[CAST_AGENTS] = {
#define AGENT(job_no, name, unit, skill, pace, day) { job_no, name, CAST_##unit, skill, pace, day },
#include "demo/cast.def"
#undef AGENT
};

const struct cast_campaign_row CAST_CAMPAIGN[CAST_CAMPAIGNS] = {
#define CAMPAIGN(name, unit, script, mode, first, last, customers) \
	{ name, CAST_##unit, script, mode, first, last, customers },
#include "demo/cast.def"
#undef CAMPAIGN
};

/* clang-format off */
const char *const CAST_SURNAME[CAST_SURNAMES] = {
	"王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "高", "林", "罗",
	"郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾", "肖", "田", "董", "袁", "潘", "蒋", "蔡", "余",
};

const char *const CAST_GIVEN_CHAR[CAST_GIVEN] = {
	"丽", "娟", "敏", "静", "芳", "燕", "红", "霞", "玉", "兰", "萍", "英", "梅", "琴", "雪", "婷", "慧", "莉", "娜", "秀",
	"云", "洁", "倩", "颖", "琳", "雅", "欣", "佳", "艳", "春", "月", "凤",
	"伟", "强", "军", "勇", "杰", "涛", "明", "超", "刚", "平", "辉", "鹏", "华", "飞", "鑫", "波", "斌", "宇", "浩", "凯",
	"健", "俊", "志", "建", "国", "海", "文", "立", "峰", "东", "林", "永",
};
/* clang-format on */

const char *cast_company(const char *script)
{
	return !strcmp(script, "annuity")      ? "安和养老"
	       : !strcmp(script, "renovation") ? "安和家装"
	                                       : "安和教育";
}
