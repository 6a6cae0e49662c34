/* report/conditions.h -- what a call must be to count, as SQL over one row of `call`.
 *
 * Literals for static statements; `a` is the alias of the call, a literal too. All statements that
 * use them bind the same numbers:
 *   ?1 scope's person   ?2 ?3 first and last day (yyyymmdd)   ?4 valid talk ms
 *   ?5 unit, ?6 campaign, ?7 agent: a filter; 0 takes all, FIGURE_NONE those without campaign or
 * agent ?8 … ?13 result codes of the interested kind   ?14 ?15 those of an agreed visit ('' fills
 * up)
 */
#ifndef REPORT_CONDITIONS_H
#define REPORT_CONDITIONS_H

enum { FIGURE_INTENT_CODES = 6, FIGURE_VISIT_CODES = 2, FIGURE_NONE = -1 };

/* clang-format off */

/* Every call out has its attempt; the few attempts that never left are read once (partial index attempt_blocked). */
#define M_DIALED(a) \
	"(" a ".direction = 'out' AND (" a ".answer_utc_ms IS NOT NULL OR COALESCE(" a ".attempt_id, 0) NOT IN" \
	" (SELECT t.id FROM attempt t WHERE t.invite_utc_ms IS NULL AND t.day BETWEEN CAST(?2 AS BIGINT) - 1 AND CAST(?3 AS BIGINT) + 1)))"
#define M_ANSWERED(a) a ".direction = 'out' AND " a ".answer_utc_ms IS NOT NULL AND "
#define M_CONNECTED(a) "(" M_ANSWERED(a) a ".audio <> 'machine')"
#define M_MACHINE(a) "(" M_ANSWERED(a) a ".audio = 'machine')"
#define M_EFFECTIVE(a) "(" M_ANSWERED(a) a ".audio <> 'machine' AND " a ".agent_talk_ms >= CAST(?4 AS BIGINT))"
#define M_INTERESTED(a) "(" a ".result IN (?8, ?9, ?10, ?11, ?12, ?13))"
#define M_VISITS(a) "(" a ".result IN (?14, ?15))"
#define M_WECHAT(a) "(" a ".wechat <> '' OR " a ".result = 'wechat')"
#define M_DEALS(a) "(" a ".deal_fen > 0 OR " a ".result = 'deal')"

#define FIGURE_SCOPE_OWN(a) a ".agent_id = ?1"
#define FIGURE_SCOPE_TEAMS(a) a ".unit_id IN (SELECT su.unit_id FROM v_scope_unit su WHERE su.person_id = ?1)"
#define FIGURE_SCOPE_ALL(a) "CAST(?1 AS BIGINT) >= 0"

/* True, and names every number, so that one list of arguments fits every statement. */
#define FIGURE_BOUND \
	" AND CAST(?4 AS BIGINT) >= 0 AND COALESCE(CAST(?8 AS TEXT), CAST(?9 AS TEXT), CAST(?10 AS TEXT), CAST(?11 AS TEXT)," \
	" CAST(?12 AS TEXT), CAST(?13 AS TEXT), CAST(?14 AS TEXT), CAST(?15 AS TEXT)) IS NOT NULL"

/* The period and the filters; a unit stands for itself and all below it. */
#define FIGURE_WITHIN(a) FIGURE_BOUND \
	" AND " a ".day BETWEEN CAST(?2 AS BIGINT) AND CAST(?3 AS BIGINT)" \
	" AND (CAST(?5 AS BIGINT) = 0 OR " a ".unit_id IN (SELECT b.below_id FROM unit_below b WHERE b.unit_id = ?5))" \
	" AND (CAST(?6 AS BIGINT) = 0 OR " a ".campaign_id = ?6 OR (?6 < 0 AND " a ".campaign_id IS NULL))" \
	" AND (CAST(?7 AS BIGINT) = 0 OR " a ".agent_id = ?7 OR (?7 < 0 AND " a ".agent_id IS NULL))"

/* One statement in the three variants of a scope: Q(SCOPE) is a macro that takes FIGURE_SCOPE_…. */
#define FIGURE_SCOPED(Q) { { \
	[SCOPE_OWN] = Q(FIGURE_SCOPE_OWN), \
	[SCOPE_TEAMS] = Q(FIGURE_SCOPE_TEAMS), \
	[SCOPE_ALL] = Q(FIGURE_SCOPE_ALL) } }
/* clang-format on */

#endif
