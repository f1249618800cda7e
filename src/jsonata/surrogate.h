/* surrogate.h -- halves of surrogate pairs, which a string of JavaScript may hold by itself, as in
 * "\ud83d". While an expression is evaluated such a half is three bytes that valid UTF-8 does not
 * have (ED A0 80 to ED BF BF); where a string leaves, two that belong together become their
 * character, and any other U+FFFD. */
#ifndef PS_JSONATA_SURROGATE_H
#define PS_JSONATA_SURROGATE_H

#include "value/value.h"

/* Whether `s`, valid UTF-8 but for halves, has any. */
bool ps_surrogates_in(ps_str s);
/* `s` without them: a new PS_STRING. */
ps_value *ps_surrogates_string(ps_str s);

#endif
