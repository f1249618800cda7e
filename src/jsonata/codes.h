/* codes.h -- a text as code points, for the pictures that numbers and dates are written by: places
 * in it are counted, pieces put in, as JavaScript's string methods do. In the run's arena. */
#ifndef PS_JSONATA_CODES_H
#define PS_JSONATA_CODES_H

#include "jsonata/jx.h"

#define PS_CODES_NONE SIZE_MAX

typedef struct ps_codes {
    uint32_t *p;
    size_t len;
    size_t capacity;
} ps_codes;

ps_codes ps_codes_read(ps_jx_run *run, ps_str s);
ps_jx ps_codes_string(ps_jx_run *run, ps_codes t);
/* As UTF-8 behind what is in `out`. */
void ps_codes_print(ps_codes t, ps_buf *out);

static inline bool ps_codes_equal(ps_codes a, ps_codes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len * sizeof *a.p) == 0);
}

/* The part from `from` up to `to`, both cut to the text; it shares the memory. */
ps_codes ps_codes_part(ps_codes t, size_t from, size_t to);
/* The character at `i`: empty beyond the end. */
static inline ps_codes ps_codes_at(ps_codes t, size_t i)
{
    return i < t.len ? (ps_codes){t.p + i, 1, 0} : (ps_codes){0};
}
/* The first place at or after `from`, the last place; PS_CODES_NONE. */
size_t ps_codes_find(ps_codes t, ps_codes what, size_t from);
size_t ps_codes_find_last(ps_codes t, ps_codes what);

void ps_codes_add(ps_jx_run *run, ps_codes *t, uint32_t code);
/* Puts `what` in at `at` <= t->len, as often as `times`. */
void ps_codes_insert(ps_jx_run *run, ps_codes *t, size_t at, ps_codes what, size_t times);

/* What JavaScript takes for white space. */
bool ps_code_is_space(uint32_t code);

#endif
