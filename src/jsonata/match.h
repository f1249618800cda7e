/* match.h -- the matches of a pattern in a text, one after another: of a regex, or of any function
 * that answers as one does ({match, start, end, groups, next}). */
#ifndef PS_JSONATA_MATCH_H
#define PS_JSONATA_MATCH_H

#include "jsonata/jx.h"

typedef struct ps_matches {
    ps_jx_run *run;
    ps_str subject;
    ps_jx subject_value;
    ps_jx matcher;            /* what is called */
    const ps_jx_regex *regex; /* the matcher where it is one; NULL */
    bool begun;
    size_t unit, byte; /* the same place in the subject, in UTF-16 units and in bytes */

    /* The match at hand. */
    size_t start, end; /* bytes: what is replaced or splits */
    size_t after;      /* bytes: behind the text that matched */
    ps_jx match;       /* its text */
    ps_jx index;       /* its start in UTF-16 units */
    ps_jx groups;      /* of a regex an array; else whatever the function said */
    ps_jx object;      /* of a function: all it said */
} ps_matches;

/* `subject` is a string; T1010 where `matcher` is no function. */
ps_matches ps_matches_of(ps_jx_run *run, ps_jx subject, ps_jx matcher);
/* Goes to the next match; false: there is none. T1010, D1004. */
bool ps_matches_next(ps_matches *m);
/* Whether there is any, by the first answer: one that is not undefined. */
bool ps_matches_any(ps_matches *m);
/* The match at hand as the object that a regex answers with. */
ps_jx ps_matches_object(ps_matches *m);

#endif
