/* utf8.h -- strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef PS_BASE_UTF8_H
#define PS_BASE_UTF8_H

#include "base/str.h"

#include <stdint.h>

/* The offset of the first byte that is not valid UTF-8, or `s.len` when all is. */
size_t ps_utf8_check(ps_str s);
/* Writes `code` (at most U+10FFFF, no surrogate) to `out`; returns 1 to 4. */
size_t ps_utf8_put(uint32_t code, char out[4]);
/* Reads the code point at `*at` of valid UTF-8 and moves `*at` past it. */
uint32_t ps_utf8_next(ps_str s, size_t *at);
/* The number of code points in valid UTF-8. */
size_t ps_utf8_count(ps_str s);
/* Order by UTF-16 code unit (Java's and JavaScript's string order); both valid UTF-8. */
int ps_utf8_compare_utf16(ps_str a, ps_str b);

#endif
