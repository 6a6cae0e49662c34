/* api/h_floor.h -- what the handlers of the live floor share. */
#ifndef API_H_FLOOR_H
#define API_H_FLOOR_H

#include "api/req.h"
#include "call/record.h"
#include "floor/cmd.h"

extern const struct field FLOOR_DESK[];  /* the desk state */
extern const struct field FLOOR_BOARD[]; /* the board */

/** Asks the floor as the person of the request.
 *  @param ret  NULL: the answer is not wanted */
enum err floor_req(const struct req *rq, struct floor_cmd cmd, json_t **ret,
                   struct why *why) MUST_USE;

/** A call within the reader's scope. @return ERR_NOT_FOUND E_ROW_NONE also when outside */
enum err floor_req_call(const struct req *rq, struct call_ref *ret, struct why *why) MUST_USE;

#endif
