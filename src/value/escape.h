/* escape.h -- which bytes of a string JSON escapes, and how many more bytes that takes; for
 * src/value/ alone. */
#ifndef PS_VALUE_ESCAPE_H
#define PS_VALUE_ESCAPE_H

#include "base/str.h"

/* The offset of the first byte at or after `at` that is '"', '\\' or below 0x20; `s.len` if none.
 */
size_t ps_escape_find(ps_str s, size_t at);
/* As ps_escape_find, but stops at bytes from 0x80 on too. */
size_t ps_escape_find_ascii(ps_str s, size_t at);
/* Bytes that the print of `s` has beyond `s.len` and its two quotes. */
size_t ps_escape_extra(ps_str s);
/* Writes the escape of `byte`; returns 2 or 6. */
size_t ps_escape_put(unsigned char byte, char out[6]);

#endif
