/* pattern.h -- JavaScript's regular expressions, as they are without the flag u, in PCRE2's words.
 *
 * The syntax is ECMAScript's with the leniencies of its Annex B; what that refuses is refused here,
 * so that none of PCRE2's own constructs can be reached. What is different:
 * - A character outside the BMP counts as one, where JavaScript sees its two halves. But
 *   [\ud800-\udbff] followed by [\udc00-\udfff] stands for such characters too.
 * - A lookbehind whose length is not fixed is refused.
 * - A group keeps what it matched in an earlier round of a loop around it.
 *
 * The result has callouts wherever a match can be tried again, so that whoever runs it can count
 * what it costs. */
#ifndef PS_JSONATA_PATTERN_H
#define PS_JSONATA_PATTERN_H

#include "base/buf.h"

typedef struct ps_pattern_flags {
    bool ignore_case;
    bool multiline;
} ps_pattern_flags;

/* Appends what `pattern` means to `out`; to be compiled with PCRE2_UTF, PCRE2_MATCH_UNSET_BACKREF
 * and, for ignore_case, PCRE2_CASELESS. False with the reason, JavaScript's, in `why`. */
bool ps_pattern_translate(ps_str pattern, ps_pattern_flags flags, ps_buf *out, const char **why);

#endif
