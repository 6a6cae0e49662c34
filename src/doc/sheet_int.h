/* doc/sheet_int.h -- what the readers of the three formats share. */
#ifndef DOC_SHEET_INT_H
#define DOC_SHEET_INT_H

#include "doc/rowbuf.h"
#include "doc/sheet.h"

/* A format's reader. `next` fills s->row and s->row_number, or returns ERR_END. */
struct sheet_driver {
	enum err (*open)(struct sheet *s, struct why *why);
	enum err (*next)(struct sheet *s, struct why *why);
	void (*close)(void *state);
};
extern const struct sheet_driver SHEET_DRIVER_XLSX, SHEET_DRIVER_XLS, SHEET_DRIVER_CSV;

struct sheet {
	const struct sheet_driver *driver;
	struct sheet_limits lim;
	struct sheet_info info;
	char *path;
	const char *file; /* the name without folders, for messages */
	int64_t size_bytes, read_bytes;
	struct rowbuf row;
	int64_t row_number, rows;
	enum err ended; /* ERR_OK while there may be more rows */
	void *state;    /* the driver's */
};

/** The file is damaged: near a row, or (row 0) before the first. */
enum err sheet_damaged(const struct sheet *s, int64_t row, const char *what, struct why *why);

#endif
