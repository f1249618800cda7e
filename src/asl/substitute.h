/* substitute.h -- fills the `${Name}` of a definition with values. */
#ifndef PS_ASL_SUBSTITUTE_H
#define PS_ASL_SUBSTITUTE_H

#include "base/error.h"
#include "value/value.h"

/* `definition` with every `${Name}` replaced: a string that is nothing else becomes the value
 * itself (of any kind); inside a longer string, or in a key, it becomes text: a string's
 * characters, other values as compact JSON. Replaced text is not looked into again.
 *
 * values   PS_OBJECT of name -> value
 * missing  PS_ARRAY that gets the names without a value, each once; those stay as written. NULL:
 * not wanted
 *
 * A new reference; parts without placeholders are shared.
 * Errors: PS_ELIMIT  the result is deeper than PS_MAX_DEPTH or larger than PS_SUBSTITUTE_BYTES */
ps_value *ps_substitute(const ps_value *definition, const ps_value *values, ps_value *missing,
                        ps_error *err);

#define PS_SUBSTITUTE_BYTES ((size_t)16 << 20)

#endif
