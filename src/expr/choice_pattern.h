/* choice_pattern.h -- the patterns of StringMatches: '*' is any characters, "\*" and "\\" stand for
 * themselves. Matching takes time linear in the text, whatever the pattern. */
#ifndef PS_EXPR_CHOICE_PATTERN_H
#define PS_EXPR_CHOICE_PATTERN_H

#include "base/str.h"

typedef struct ps_pattern ps_pattern;

/* NULL where a backslash escapes nothing: AWS takes such a rule, and fails when it is evaluated. */
ps_pattern *ps_pattern_new(ps_str text);
void ps_pattern_free(ps_pattern *p);
bool ps_pattern_matches(const ps_pattern *p, ps_str text);

#endif
