/* crm/reach.h -- whose a customer is for somebody who sees his own only. Inside crm/. */
#ifndef CRM_REACH_H
#define CRM_REACH_H

/* SQL for the owner column of SCOPED() where one customer is looked at: his owner's; also of
 * whoever has him on the line or has not closed the form yet; and while nobody owns him, of every
 * agent of a campaign that has him on its list. Not for lists: it looks up each row. */
#define CUSTOMER_REACH \
	"CASE WHEN EXISTS (SELECT 1 FROM call k WHERE k.customer_id = c.id AND k.agent_id = ?1 " \
	"AND " \
	"(k.state = 'live' OR (k.answer_utc_ms IS NOT NULL AND k.wrapup_end_utc_ms IS NULL))) OR " \
	"(c.owner_id IS NULL AND EXISTS (SELECT 1 FROM v_list_customer l WHERE l.customer_id = " \
	"c.id " \
	"AND l.person_id = ?1)) " \
	"THEN CAST(?1 AS BIGINT) ELSE c.owner_id END"

#endif
