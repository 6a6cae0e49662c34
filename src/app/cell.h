/* app/cell.h -- this process among others: its data folder, its node number, its cell.
 *
 * A data folder belongs to one living process (a lock on its file `instance`, which also names the
 * node). The cell is leased (store/tenure.h); while another process runs it, this one stands by:
 * its lists and reports are there, its telephone knows no line. */
#ifndef APP_CELL_H
#define APP_CELL_H

#include "app/paths.h"
#include "store/tenure.h"

#define CELL_LOCK "instance" /* in the data folder; open and locked while a process uses it */

struct vault;
struct voice;
struct writer;
struct cell;

/** Locks the data folder and takes the node's number, with which all ids are made from now on.
 *  After migrate(). @param ret  cell_close()
 *  @return ERR_CONFLICT E_DATA_DIR_USED */
enum err cell_open(const struct config *c, const struct paths *p, struct cell **ret,
                   struct why *why) MUST_USE;
int64_t cell_node(const struct cell *c);

/** Tries to take the cell, and puts right what its earlier owner left.
 *  @return ERR_OK also when another process runs it */
enum err cell_enter(struct cell *c, struct writer *w, const struct vault *v,
                    struct why *why) MUST_USE;
const struct cell_state *cell_state(const struct cell *c);

/** The telephone is there: it knows the cell's lines while the cell is ours. Renewing begins. */
enum err cell_connect(struct cell *c, struct voice *v, struct why *why) MUST_USE;

/** Gives the cell back; after the last write for it, before the writer and the telephone go. */
void cell_leave(struct cell *c);
void cell_close(struct cell **c); /* NULL content is fine */

#endif
