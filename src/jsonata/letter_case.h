/* letter_case.h -- upper and lower case as JavaScript's toUpperCase and toLowerCase have it: the
 * full mappings of Unicode, of one letter to several where it says so (ß to SS), and the final
 * sigma; no language's own rules. */
#ifndef PS_JSONATA_LETTER_CASE_H
#define PS_JSONATA_LETTER_CASE_H

#include "base/buf.h"

/* Appends `s`, valid UTF-8, to `out`. */
void ps_letter_upper(ps_str s, ps_buf *out);
void ps_letter_lower(ps_str s, ps_buf *out);

#endif
