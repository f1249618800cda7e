/* exact.h -- exact sums, differences and products of numbers as JSON writes them. */
#ifndef PS_LUA_EXACT_H
#define PS_LUA_EXACT_H

#include "base/error.h"
#include "value/value.h"

/* Each: a new reference to the exact result, 1.10 + 1.40 being 2.50; NULL with `err`.
 * Errors: PS_ELIMIT  the result would have more than 4,000 digits */
ps_value *ps_exact_add(const ps_value *a, const ps_value *b, bool subtract, ps_error *err);
ps_value *ps_exact_multiply(const ps_value *a, const ps_value *b, ps_error *err);
ps_value *ps_exact_negate(const ps_value *a, ps_error *err);

#endif
