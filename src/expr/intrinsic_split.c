/* intrinsic_split.c -- States.StringSplit: Java's StringTokenizer. Every character of the second
 * string is a delimiter, and there are no empty tokens. */
#include "base/mem.h"
#include "base/utf8.h"
#include "expr/intrinsic_internal.h"

#include <stdlib.h>

/* Delimiters beyond ASCII are sorted, so that long strings of them cost no more than their sort. */
typedef struct delimiters {
    bool ascii[128];
    uint32_t *others;
    size_t count;
} delimiters;

static int compare_codes(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static void read_delimiters(ps_str s, delimiters *d)
{
    size_t at = 0;
    *d = (delimiters){0};
    d->others = ps_alloc(s.len * sizeof *d->others);
    while (at < s.len) {
        uint32_t code = ps_utf8_next(s, &at);
        if (code < 128) {
            d->ascii[code] = true;
        } else {
            d->others[d->count++] = code;
        }
    }
    qsort(d->others, d->count, sizeof *d->others, compare_codes);
}

static bool is_delimiter(const delimiters *d, uint32_t code)
{
    if (code < 128) {
        return d->ascii[code];
    }
    return d->count && bsearch(&code, d->others, d->count, sizeof code, compare_codes);
}

ps_value *ps_intrinsic_string_split(ps_evaluation *e, const ps_call *c, ps_value *const *arguments)
{
    ps_str s = ps_value_str(arguments[0]);
    ps_value *tokens = ps_array(0);
    delimiters d;
    size_t start = 0;
    size_t at = 0;
    (void)e;
    (void)c;
    read_delimiters(ps_value_str(arguments[1]), &d);
    while (at < s.len) {
        size_t here = at;
        if (is_delimiter(&d, ps_utf8_next(s, &at))) {
            if (here > start) {
                ps_array_add_take(tokens, ps_string((ps_str){s.p + start, here - start}));
            }
            start = at;
        }
    }
    if (s.len > start) {
        ps_array_add_take(tokens, ps_string((ps_str){s.p + start, s.len - start}));
    }
    ps_free(d.others);
    return tokens;
}
