/* The guided walk through the demo: five places, with the rows that exist today. */
#include "api/api.h"
#include "api/req.h"
#include "store/db.h"

static const struct field STEP[] = { F_TEXT("key", .one_of = "board|desk|call|why|figures"),
	                             F_TEXT("path"), F_END };
static const struct field TOUR[] = { F_ARR("steps", STEP), F_END };

/* Somebody who asked not to be called again: the plainest answer to 'why is he not dialed?'. */
static const struct scoped_sql REFUSED =
    SCOPED("SELECT c.id FROM customer c JOIN dnc d ON d.customer_id = c.id WHERE ", "c.owner_id",
           "c.unit_id", " ORDER BY d.at_utc_ms DESC, c.id LIMIT 1");

static json_t *step(const char *key, json_t *path)
{
	return json_pack("{s:s, s:o}", "key", key, "path", path);
}

static enum err get_tour(struct req *rq, struct reply *rp, struct why *why)
{
	const struct scope *sc = req_scope(rq);
	int64_t customer_id = 0;
	if (!req_env(rq)->is_demo)
		return fail(why, E_NOT_FOUND, "tour");
	enum err e = db_int(req_db(rq), scoped(sc, &REFUSED), ARGS(V_INT(scope_person(sc))),
	                    &customer_id, why);
	if (e && e != ERR_NOT_FOUND)
		return e;
	json_t *steps = json_array();
	json_array_append_new(steps, step("board", json_string("/board")));
	json_array_append_new(steps, step("desk", json_string("/desk")));
	json_array_append_new(steps, step("call", json_sprintf("/calls?agent_id=%lld&open=last",
	                                                       (long long)scope_person(sc))));
	if (customer_id)
		json_array_append_new(steps, step("why", json_sprintf("/customers/%lld?why=1",
		                                                      (long long)customer_id)));
	json_array_append_new(steps,
	                      step("figures", json_string("/figures?period=month&by=agent")));
	reply_json(rp, json_pack("{s:o}", "steps", steps));
	return ERR_OK;
}

static const struct route ROUTES[] = { { HTTP_GET, "/api/v1/tour", get_tour, .reply = TOUR,
	                                 .zh = "演示导览", .en = "The walk through the demo" },
	                               ROUTE_END };

const struct api_area API_TOUR = { .tag = "demo", .routes = ROUTES };
