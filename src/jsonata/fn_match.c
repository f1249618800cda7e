/* fn_match.c -- $match $contains $split $replace: with strings, regexes, and functions in their
 * place. */
#include "jsonata/match.h"
#include "jsonata/text.h"

#include "base/utf8.h"

#include <math.h>

static bool missing(const ps_jx *args, size_t i)
{
    return ps_jx_is(args[i], PS_JX_UNDEFINED);
}

/* How many at most: infinite where argument `i` does not say; `code` for a negative one. */
static double limit(ps_jx_run *run, const ps_jx_call *call, const ps_jx *args, size_t i,
                    const char *code)
{
    if (missing(args, i)) {
        return INFINITY;
    }
    double most = ps_text_number(run, args, i);
    if (most < 0) {
        ps_jx_fields fields = {.value = args[i], .index = (int64_t)i + 1};
        ps_jx_throw(run, code, call->at, &fields);
    }
    return most;
}

static ps_jx contains(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (missing(args, 0) || missing(args, 1)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    if (ps_jx_is(args[1], PS_JX_STRING)) {
        return ps_jx_bool(ps_text_find(run, s, ps_jx_str(args[1]), 0) != SIZE_MAX);
    }
    ps_matches m = ps_matches_of(run, args[0], args[1]);
    return ps_jx_bool(ps_matches_any(&m));
}

static ps_jx match(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (missing(args, 0)) {
        return PS_JX_NOTHING;
    }
    ps_text_argument(run, args, 0);
    double most = limit(run, call, args, 2, "D3040");
    ps_jx_list *found = ps_jx_list_new(run, 0, PS_JX_SEQUENCE);
    if (!(most > 0)) {
        return ps_jx_array(found);
    }
    ps_matches m = ps_matches_of(run, args[0], args[1]);
    bool more = ps_matches_next(&m);
    for (double n = 0; more && n < most; n++) {
        ps_jx_record *record = ps_jx_record_new(run, 3);
        ps_jx_set(run, record, PS_STR("match"), m.match);
        ps_jx_set(run, record, PS_STR("index"), m.index);
        ps_jx_set(run, record, PS_STR("groups"), m.groups);
        ps_jx_add(run, found, ps_jx_object(record));
        more = ps_matches_next(&m);
    }
    return ps_jx_array(found);
}

/* -- split --------------------------------------------------------------------------------------
 */

static void add_part(ps_jx_run *run, ps_jx_list *parts, ps_str s, size_t from, size_t to)
{
    size_t low = from < to ? from : to;
    size_t high = from < to ? to : from;
    ps_jx_burn(run, 1);
    ps_jx_add(run, parts, ps_jx_slice((ps_str){s.p + low, high - low}));
}

/* An empty separator splits between characters. */
static void split_characters(ps_jx_run *run, ps_jx_list *parts, ps_str s, double most)
{
    for (size_t at = 0; at < s.len && (double)parts->count < most;) {
        size_t from = at;
        ps_utf8_next(s, &at);
        add_part(run, parts, s, from, at);
    }
}

static void split_string(ps_jx_run *run, ps_jx_list *parts, ps_str s, ps_str separator, double most)
{
    size_t from = 0;
    while ((double)parts->count < most) {
        size_t at = ps_text_find(run, s, separator, from);
        if (at == SIZE_MAX) {
            add_part(run, parts, s, from, s.len);
            return;
        }
        add_part(run, parts, s, from, at);
        from = at + separator.len;
    }
}

static void split_matches(ps_jx_run *run, ps_jx_list *parts, ps_matches *m, double most)
{
    size_t from = 0;
    bool more = ps_matches_next(m);
    while (more && (double)parts->count < most) {
        add_part(run, parts, m->subject, from, m->start);
        from = m->end;
        more = ps_matches_next(m);
    }
    if ((double)parts->count < most) {
        add_part(run, parts, m->subject, from, m->subject.len);
    }
}

/* JavaScript's own split() takes its limit modulo 2^32. */
static double whole(double most)
{
    return isinf(most) ? most : fmod(trunc(most), 4294967296.0);
}

static ps_jx split(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (missing(args, 0)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    double most = limit(run, call, args, 2, "D3020");
    ps_jx_list *parts = ps_jx_list_new(run, 0, 0);
    if (ps_jx_is(args[1], PS_JX_STRING)) {
        ps_str separator = ps_jx_str(args[1]);
        if (separator.len == 0) {
            split_characters(run, parts, s, whole(most));
        } else {
            split_string(run, parts, s, separator, whole(most));
        }
    } else if (most > 0) {
        ps_matches m = ps_matches_of(run, args[0], args[1]);
        split_matches(run, parts, &m, most);
    }
    return ps_jx_array(parts);
}

/* -- replace ------------------------------------------------------------------------------------
 */

/* The number at the start of `s`, as parseInt() reads it; false: none. `digits`: as many characters
 * as the number takes when it is written again. */
static bool number_at(ps_str s, double *n, size_t *digits)
{
    size_t i = 0;
    while (i < s.len && (s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r'))) {
        i++;
    }
    bool negative = i < s.len && s.p[i] == '-';
    i += i < s.len && (s.p[i] == '-' || s.p[i] == '+');
    size_t from = i;
    *n = 0;
    *digits = 0;
    for (; i < s.len && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
        *n = *n * 10 + (s.p[i] - '0');
        *digits += *n > 0;
    }
    if (i == from) {
        return false;
    }
    *digits += (size_t)(*digits == 0) + (size_t)(negative && *n > 0);
    *n = negative ? -*n : *n;
    return true;
}

/* As many digits as group numbers have. */
static size_t digits_of(size_t groups)
{
    size_t digits = 1;
    for (; groups >= 10; groups /= 10) {
        digits++;
    }
    return digits;
}

/* Appends what `$` stands for that is followed by `rest`; how much of that it takes. */
static size_t put_reference(ps_jx_run *run, const ps_matches *m, ps_str rest, ps_buf *out)
{
    if (rest.len > 0 && rest.p[0] == '$') {
        ps_text_add(run, out, PS_STR("$"));
        return 1;
    }
    if (rest.len > 0 && rest.p[0] == '0') {
        ps_text_add(run, out, ps_jx_is(m->match, PS_JX_STRING) ? ps_jx_str(m->match) : PS_STR(""));
        return 1;
    }
    size_t groups = ps_jx_count(m->groups);
    size_t width = digits_of(groups);
    double n;
    size_t digits;
    bool found = number_at((ps_str){rest.p, width < rest.len ? width : rest.len}, &n, &digits);
    if (width > 1 && found && n > (double)groups) {
        width--;
        found = number_at((ps_str){rest.p, width < rest.len ? width : rest.len}, &n, &digits);
    }
    if (!found) {
        ps_text_add(run, out, PS_STR("$"));
        return 0;
    }
    if (n >= 1 && n <= (double)groups) {
        ps_jx group = ps_jx_at(m->groups, (size_t)n - 1);
        if (ps_jx_is(group, PS_JX_STRING)) {
            ps_text_add(run, out, ps_jx_str(group));
        } else if (!ps_jx_is(group, PS_JX_UNDEFINED)) {
            ps_jx_print(run, group, false, out);
        }
    }
    return digits < rest.len ? digits : rest.len;
}

/* Appends `replacement` with its $1 and the like filled in. */
static void put_replacement(ps_jx_run *run, const ps_matches *m, ps_str replacement, ps_buf *out)
{
    if (!ps_jx_is(m->groups, PS_JX_ARRAY)) {
        ps_jx_fail(run, "T1010", 0, PS_STR(""));
    }
    size_t at = 0;
    while (at < replacement.len) {
        const char *dollar = memchr(replacement.p + at, '$', replacement.len - at);
        size_t to = dollar ? (size_t)(dollar - replacement.p) : replacement.len;
        ps_text_add(run, out, (ps_str){replacement.p + at, to - at});
        at = to;
        if (dollar) {
            ps_jx_burn(run, 1);
            at++;
            at += put_reference(run, m, (ps_str){replacement.p + at, replacement.len - at}, out);
        }
    }
}

static void put_result(ps_jx_run *run, ps_matches *m, ps_jx replacement, ps_buf *out)
{
    ps_jx with = replacement;
    if (ps_jx_is(replacement, PS_JX_FUNCTION)) {
        ps_jx object = ps_matches_object(m);
        with = ps_jx_apply(run, replacement, &object, 1, PS_JX_NOTHING, 0);
    }
    if (!ps_jx_is(with, PS_JX_STRING)) {
        ps_jx_fields fields = {.value = with};
        ps_jx_throw(run, "D3012", 0, &fields);
    }
    ps_text_add(run, out, ps_jx_str(with));
}

static ps_jx replace_matches(ps_jx_run *run, const ps_jx *args, double most)
{
    ps_matches m = ps_matches_of(run, args[0], args[1]);
    ps_jx replacement = args[2];
    ps_buf *out = ps_jx_scratch(run);
    size_t from = 0;
    bool more = ps_matches_next(&m);
    if (!more) {
        return args[0];
    }
    for (double n = 0; more && n < most; n++) {
        size_t low = from < m.start ? from : m.start;
        size_t high = from < m.start ? m.start : from;
        ps_text_add(run, out, (ps_str){m.subject.p + low, high - low});
        if (ps_jx_is(replacement, PS_JX_STRING)) {
            put_replacement(run, &m, ps_jx_str(replacement), out);
        } else {
            put_result(run, &m, replacement, out);
        }
        from = m.after;
        more = ps_matches_next(&m);
    }
    ps_text_add(run, out, (ps_str){m.subject.p + from, m.subject.len - from});
    return ps_jx_text(run, out);
}

/* What stands where a string was matched: nothing in it is special. Undefined is written as
 * JavaScript writes it. */
static ps_str plain(ps_jx_run *run, ps_jx replacement)
{
    if (ps_jx_is(replacement, PS_JX_UNDEFINED)) {
        return PS_STR("undefined");
    }
    if (!ps_jx_is(replacement, PS_JX_STRING)) {
        ps_jx_fields fields = {.value = replacement};
        ps_jx_throw(run, "D3012", 0, &fields);
    }
    return ps_jx_str(replacement);
}

static ps_jx replace_string(ps_jx_run *run, const ps_jx *args, double most)
{
    ps_str s = ps_text_argument(run, args, 0);
    ps_str what = ps_jx_str(args[1]);
    size_t at = ps_text_find(run, s, what, 0);
    if (at == SIZE_MAX) {
        return args[0];
    }
    ps_str with = plain(run, args[2]);
    ps_buf *out = ps_jx_scratch(run);
    size_t from = 0;
    for (double n = 0; at != SIZE_MAX && n < most; n++) {
        ps_text_add(run, out, (ps_str){s.p + from, at - from});
        ps_text_add(run, out, with);
        ps_jx_burn(run, 1);
        from = at + what.len;
        at = ps_text_find(run, s, what, from);
    }
    ps_text_add(run, out, (ps_str){s.p + from, s.len - from});
    return ps_jx_text(run, out);
}

static ps_jx replace(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (missing(args, 0)) {
        return PS_JX_NOTHING;
    }
    ps_text_argument(run, args, 0);
    bool string = ps_jx_is(args[1], PS_JX_STRING);
    if (string && ps_jx_str(args[1]).len == 0) {
        ps_jx_fields fields = {.value = args[1], .index = 2};
        ps_jx_throw(run, "D3010", call->at, &fields);
    }
    double most = limit(run, call, args, 3, "D3011");
    if (!(most > 0)) {
        return args[0];
    }
    return string ? replace_string(run, args, most) : replace_matches(run, args, most);
}

const ps_jx_native ps_jx_pattern_functions[] = {
    {"match", "<s-f<s:o>n?:a<o>>", match, 3},
    {"contains", "<s-(sf):b>", contains, 2},
    {"replace", "<s-(sf)(sf)n?:s>", replace, 4},
    {"split", "<s-(sf)n?:a<s>>", split, 3},
    {0},
};
