/* check_json.h -- what Jackson, the parser AWS uses, finds wrong with a text. */
#ifndef PS_ASL_CHECK_JSON_H
#define PS_ASL_CHECK_JSON_H

#include "base/buf.h"

/* Scans `s`, valid UTF-8, up to its first fault. True: `words` got the message and `*at` the byte
 * behind the fault. False: Jackson would take the text. */
bool ps_jackson_scan(ps_str s, ps_buf *words, size_t *at);

/* Jackson's way to name a place: "[Source: (String)\"...\"; line: 1, column: 4]". */
void ps_jackson_place(ps_str s, size_t at, ps_buf *out);

#endif
