/* report/conditions.h -- what a call must be to count, as SQL over one row of `call`.
 *
 * Literals for static statements; `a` is the alias of the call, a literal too. All statements that
 * use them bind the same numbers:
 *   ?1 scope's person   ?2 ?3 first and last day (yyyymmdd)   ?4 valid talk ms
 *   ?5 unit, ?6 campaign, ?7 agent: a filter; 0 takes all
 *   ?8 … ?13 result codes of the interested kind   ?14 ?15 those of an agreed visit ('' fills up)
 */
#ifndef REPORT_CONDITIONS_H
#define REPORT_CONDITIONS_H

enum { FIGURE_INTENT_CODES = 6, FIGURE_VISIT_CODES = 2 };

/* clang-format off */

/* Answered means that it left; else the attempt knows. */
#define M_DIALED(a) \
	"(" a ".direction = 'out' AND (" a ".answer_utc_ms IS NOT NULL OR EXISTS" \
	" (SELECT 1 FROM attempt t WHERE t.id = " a ".attempt_id AND t.invite_utc_ms IS NOT NULL)))"
#define M_ANSWERED(a) a ".direction = 'out' AND " a ".answer_utc_ms IS NOT NULL AND "
#define M_CONNECTED(a) "(" M_ANSWERED(a) a ".audio <> 'machine')"
#define M_MACHINE(a) "(" M_ANSWERED(a) a ".audio = 'machine')"
#define M_EFFECTIVE(a) "(" M_ANSWERED(a) a ".audio <> 'machine' AND " a ".agent_talk_ms >= CAST(?4 AS BIGINT))"
#define M_INTERESTED(a) "(" a ".result IN (?8, ?9, ?10, ?11, ?12, ?13))"
#define M_VISITS(a) "(" a ".result IN (?14, ?15))"
#define M_WECHAT(a) "(" a ".wechat <> '')"
#define M_DEALS(a) "(" a ".deal_fen > 0)"

#define FIGURE_SCOPE_OWN(a) a ".agent_id = ?1"
#define FIGURE_SCOPE_TEAMS(a) a ".unit_id IN (SELECT su.unit_id FROM v_scope_unit su WHERE su.person_id = ?1)"
#define FIGURE_SCOPE_ALL(a) "CAST(?1 AS BIGINT) >= 0"

/* The period and the filters; a unit stands for itself and two levels below. */
#define FIGURE_WITHIN(a) \
	" AND " a ".day BETWEEN CAST(?2 AS BIGINT) AND CAST(?3 AS BIGINT)" \
	" AND (CAST(?5 AS BIGINT) = 0 OR " a ".unit_id IN (SELECT o.id FROM org_unit o WHERE o.id = ?5 OR o.parent_id = ?5" \
	" OR o.parent_id IN (SELECT q.id FROM org_unit q WHERE q.parent_id = ?5)))" \
	" AND (CAST(?6 AS BIGINT) = 0 OR " a ".campaign_id = ?6)" \
	" AND (CAST(?7 AS BIGINT) = 0 OR " a ".agent_id = ?7)"

/* One statement in the three variants of a scope: Q(SCOPE) is a macro that takes FIGURE_SCOPE_…. */
#define FIGURE_SCOPED(Q) { { \
	[SCOPE_OWN] = Q(FIGURE_SCOPE_OWN), \
	[SCOPE_TEAMS] = Q(FIGURE_SCOPE_TEAMS), \
	[SCOPE_ALL] = Q(FIGURE_SCOPE_ALL) } }
/* clang-format on */

#endif
