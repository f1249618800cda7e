/* csv.h -- delimited text to rows of cells, a chunk at a time, by the rules of AWS's ItemReader.
 *
 * Rows end at a newline (\n, \r\n); empty lines are none. A cell that begins with '"' may hold
 * delimiters and newlines; "" is a quote in it. A backslash makes a backslash, a quote or the
 * delimiter behind it ordinary, and disappears before anything else. However the text is cut into
 * chunks, the rows are the same. */
#ifndef PS_ITEMS_CSV_H
#define PS_ITEMS_CSV_H

#include "base/error.h"
#include "base/str.h"

typedef struct ps_csv ps_csv;

/* Takes one row: `cells` are borrowed for the call. Returns false to hear of no more rows. */
typedef bool ps_csv_row(void *arg, const ps_str *cells, size_t count);

/* max_row  bytes of cells a row may have together */
ps_csv *ps_csv_new(char delimiter, size_t max_row, ps_csv_row *row, void *arg);
void ps_csv_free(ps_csv *c);

/* Errors: PS_ELIMIT  a row is longer than max_row. `err->at` counts bytes from the start. */
ps_status ps_csv_feed(ps_csv *c, ps_str chunk, ps_error *err);
/* The text ends here: the last row may lack its newline, an open quote is closed. */
ps_status ps_csv_end(ps_csv *c, ps_error *err);

#endif
