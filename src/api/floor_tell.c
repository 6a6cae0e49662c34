#include "api/api.h"
#include "api/req.h"
#include "base/log.h"
#include "floor/cmd.h"

void req_tell_floor(const struct req *rq)
{
	struct floor *f = req_env(rq)->floor;
	struct why why = { 0 };
	json_t *answer = NULL;
	/* The change is committed; a floor that is busy reads it at its next reload. */
	if (f &&
	    floor_cmd(f, &(struct floor_cmd){ .kind = CMD_RELOAD, .person_id = req_person(rq) },
	              &answer, &why))
		log_warn("http", "floor_not_told", LOG_WHY(&why));
	json_decref(answer);
}
