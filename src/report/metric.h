/* report/metric.h -- the figures of outbound work, one row each; domain.md 3.2-3.3.
 *
 *   COUNT(name, condition, …)        calls that meet it
 *   SUM(name, column, condition, …)  the column over those calls
 *   NUMBERS(name, condition, …)      different telephone numbers among those calls
 *   RATE(name, numerator, denominator, …)
 *
 * and for each: Chinese and English label, Chinese and English formula, version of the formula.
 * A condition is a macro of report/conditions.h. Opening a figure lists exactly the calls that meet
 * its condition; of NUMBERS the first such call of each number; of a RATE those of its numerator.
 */
#ifndef REPORT_METRIC_H
#define REPORT_METRIC_H

#include "report/conditions.h"

/* clang-format off */
#define METRICS(COUNT, SUM, NUMBERS, RATE) \
	COUNT(dialed, M_DIALED, "拨打", "Dialed", \
		"已发出呼叫的外呼次数，含重拨；不含被拦截、未发出的", "Calls out that left the house, repeats included; blocked ones are not", 1) \
	COUNT(connected, M_CONNECTED, "接通", "Connected", \
		"外呼中客户接听的次数；不含机器应答", "Calls out answered by a person; answers by machines are not", 1) \
	COUNT(machine, M_MACHINE, "机器应答", "Answered by a machine", \
		"外呼中由语音信箱、语音助手等应答的次数", "Calls out answered by voicemail or an assistant", 1) \
	RATE(connect_rate_call, connected, dialed, "接通率（按次）", "Connect rate by call", \
		"接通 ÷ 拨打；含重拨，不含机器应答与拦截", "connected ÷ dialed; with repeats, without machines and blocked ones", 1) \
	NUMBERS(numbers, M_DIALED, "号码", "Numbers", \
		"已拨打的不同号码数", "Different numbers dialed", 1) \
	NUMBERS(numbers_connected, M_CONNECTED, "接通号码", "Numbers connected", \
		"至少接通一次的不同号码数", "Different numbers connected at least once", 1) \
	RATE(connect_rate_number, numbers_connected, numbers, "接通率（按号码）", "Connect rate by number", \
		"接通号码 ÷ 号码", "numbers connected ÷ numbers dialed", 1) \
	COUNT(effective, M_EFFECTIVE, "有效通话", "Valid conversations", \
		"接通且坐席与客户通话达到有效时长（默认 30 秒）的次数", "Connected calls with agent talk time of at least the setting (30 s by default)", 1) \
	SUM(talk_ms, agent_talk_ms, M_CONNECTED, "通时", "Talk time", \
		"接通外呼的坐席与客户通话时长之和，不含保持", "Agent talk time of connected calls out, without hold", 1) \
	COUNT(interested, M_INTERESTED, "意向", "Interested", \
		"小结为意向类（意向、约到访、加微、成交）的通话，含来电", "Calls with an interested kind of result (interested, visit agreed, WeChat, deal), calls in included", 1) \
	COUNT(wechat, M_WECHAT, "加微", "WeChat added", \
		"小结为加微、或当次加了微信的通话，含来电", "Calls with the result WeChat added, or in which it was added besides; calls in included", 1) \
	COUNT(visits, M_VISITS, "到访", "Visits", \
		"小结为约到访的通话，含来电；以约定计", "Calls with an agreed visit, calls in included; counted when agreed", 1) \
	COUNT(deals, M_DEALS, "成交", "Deals", \
		"小结为成交、或有成交金额的通话，含来电", "Calls with the result deal, or with a deal amount; calls in included", 1) \
	SUM(deal_fen, deal_fen, M_DEALS, "金额", "Amount", \
		"成交通话的金额之和", "Sum of the amounts of deals", 1) \
	NUMBERS(numbers_interested, M_INTERESTED, "意向号码", "Numbers interested", \
		"有意向类小结的不同号码数", "Different numbers with an interested kind of result", 1) \
	NUMBERS(numbers_wechat, M_WECHAT, "加微号码", "Numbers with WeChat", \
		"加了微信的不同号码数", "Different numbers with WeChat added", 1) \
	NUMBERS(numbers_visits, M_VISITS, "到访号码", "Numbers with a visit", \
		"约到访的不同号码数", "Different numbers with an agreed visit", 1) \
	NUMBERS(numbers_deals, M_DEALS, "成交号码", "Numbers with a deal", \
		"成交的不同号码数", "Different numbers with a deal", 1)
/* clang-format on */

#endif
