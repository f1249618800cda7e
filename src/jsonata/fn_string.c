/* fn_string.c -- $string $length $substring $substringBefore $substringAfter $uppercase $lowercase
 * $trim $pad $join: lengths and positions are in characters, code points. */
#include "jsonata/text.h"

#include "base/utf8.h"
#include "jsonata/eval.h"
#include "jsonata/letter_case.h"

#include <math.h>

static bool missing(const ps_jx *args, size_t i)
{
    return ps_jx_is(args[i], PS_JX_UNDEFINED);
}

static ps_jx string(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    ps_jx v = args[0];
    bool pretty = count > 1 && ps_jx_is(args[1], PS_JX_BOOL) && args[1].b;
    if (ps_jx_is(v, PS_JX_UNDEFINED) || ps_jx_is(v, PS_JX_STRING)) {
        return v;
    }
    if (ps_jx_is(v, PS_JX_FUNCTION)) {
        return ps_jx_slice(PS_STR(""));
    }
    if (ps_jx_is(v, PS_JX_NUMBER) && !isfinite(ps_jx_double(v))) {
        ps_jx_fields fields = {.value = v};
        ps_jx_throw(run, "D3001", call->at, &fields);
    }
    if (ps_jx_is(v, PS_JX_ARRAY) && (ps_jx_flags(v) & PS_JX_OUTER_WRAPPER)) {
        v = ps_jx_at(v, 0);
    }
    return ps_jx_printed(run, v, pretty);
}

static ps_jx length(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (missing(args, 0)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    ps_jx_burn(run, s.len / 64);
    return ps_jx_number((double)ps_utf8_count(s));
}

/* -- parts --------------------------------------------------------------------------------------
 */

/* The byte where character `n` of `s` begins, from byte `at` on; the end where there are fewer. */
static size_t skip(ps_str s, size_t at, double n)
{
    enum { BLOCK = 256 };
    while (s.len - at >= BLOCK) {
        double count = (double)ps_utf8_count((ps_str){s.p + at, BLOCK});
        if (count > n) {
            break;
        }
        at += BLOCK;
        n -= count;
    }
    /* A block may end within its last character. */
    while (at < s.len && ((unsigned char)s.p[at] & 0xC0) == 0x80) {
        at++;
    }
    while (n >= 1 && at < s.len) {
        ps_utf8_next(s, &at);
        n--;
    }
    return at;
}

/* A position as JavaScript's slice() takes it: whole, from the end where it is negative. */
static double place(double n, double count)
{
    n = isnan(n) ? 0 : trunc(n);
    return n < 0 ? fmax(count + n, 0) : fmin(n, count);
}

static ps_jx substring(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (missing(args, 0)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    double start = ps_text_number(run, args, 1);
    double wanted = ps_text_number(run, args, 2);
    ps_jx_burn(run, s.len / 16);
    double all = (double)ps_utf8_count(s);
    if (all + start < 0) {
        start = 0;
    }
    double end = all;
    if (!missing(args, 2)) {
        if (wanted <= 0) {
            return ps_jx_slice(PS_STR(""));
        }
        end = place(start >= 0 ? start + wanted : all + start + wanted, all);
    }
    start = place(start, all);
    size_t from = skip(s, 0, start);
    size_t to = skip(s, from, end - start);
    return ps_jx_slice((ps_str){s.p + from, to - from});
}

/* A text to look for; one that is undefined is looked for by that name, as in the reference. */
static ps_str sought(ps_jx_run *run, const ps_jx *args)
{
    return missing(args, 1) ? PS_STR("undefined") : ps_text_argument(run, args, 1);
}

static ps_jx substring_before(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (missing(args, 0)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    size_t at = ps_text_find(run, s, sought(run, args), 0);
    return at == SIZE_MAX ? args[0] : ps_jx_slice((ps_str){s.p, at});
}

static ps_jx substring_after(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (missing(args, 0)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    ps_str what = sought(run, args);
    size_t at = ps_text_find(run, s, what, 0);
    if (at == SIZE_MAX) {
        return args[0];
    }
    at += what.len;
    return ps_jx_slice((ps_str){s.p + at, s.len - at});
}

/* -- other forms --------------------------------------------------------------------------------
 */

static ps_jx convert(ps_jx_run *run, const ps_jx *args, void (*to)(ps_str s, ps_buf *out))
{
    if (missing(args, 0)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    ps_jx_burn(run, s.len / 8 + 1);
    ps_buf *out = ps_jx_scratch(run);
    to(s, out);
    return ps_jx_text(run, out);
}

static ps_jx uppercase(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    return convert(run, args, ps_letter_upper);
}

static ps_jx lowercase(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    return convert(run, args, ps_letter_lower);
}

static bool space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What trimming leaves of `s` at its ends. */
static ps_str stripped(ps_str s)
{
    while (s.len > 0 && space(s.p[0])) {
        s.p++;
        s.len--;
    }
    while (s.len > 0 && space(s.p[s.len - 1])) {
        s.len--;
    }
    return s;
}

static ps_jx trim(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (missing(args, 0)) {
        return PS_JX_NOTHING;
    }
    ps_str s = stripped(ps_text_argument(run, args, 0));
    ps_jx_burn(run, s.len / 16);
    char *to = ps_jx_alloc(run, s.len);
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!space(s.p[i])) {
            to[len++] = s.p[i];
        } else if (!space(s.p[i - 1])) {
            to[len++] = ' ';
        }
    }
    return ps_jx_slice((ps_str){to, len});
}

/* Appends `count` characters of `with`, over and over. */
static void fill(ps_jx_run *run, ps_buf *out, ps_str with, double count)
{
    if (count > (double)run->bounds.bytes) {
        ps_jx_too_large(run);
    }
    size_t left = (size_t)count;
    size_t each = ps_utf8_count(with);
    if (with.len == 1) {
        ps_jx_burn(run, left / 64);
        memset(ps_buf_reserve(out, left), with.p[0], left);
        out->len += left;
        return;
    }
    for (; left >= each; left -= each) {
        ps_jx_burn(run, 1);
        ps_text_add(run, out, with);
    }
    ps_text_add(run, out, (ps_str){with.p, skip(with, 0, (double)left)});
}

static ps_jx pad(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (missing(args, 0)) {
        return PS_JX_NOTHING;
    }
    ps_str s = ps_text_argument(run, args, 0);
    double width = trunc(ps_text_number(run, args, 1));
    ps_str with = missing(args, 2) ? PS_STR("") : ps_text_argument(run, args, 2);
    if (with.len == 0) {
        with = PS_STR(" ");
    }
    ps_jx_burn(run, s.len / 64);
    double lacking = fabs(width) - (double)ps_utf8_count(s);
    if (!(lacking > 0)) {
        return args[0];
    }
    ps_buf *out = ps_jx_scratch(run);
    if (width < 0) {
        fill(run, out, with, lacking);
    }
    ps_text_add(run, out, s);
    if (width > 0) {
        fill(run, out, with, lacking);
    }
    return ps_jx_text(run, out);
}

static ps_jx join(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call;
    (void)count;
    if (missing(args, 0)) {
        return PS_JX_NOTHING;
    }
    if (!ps_jx_is(args[0], PS_JX_ARRAY)) {
        ps_text_refuse(run, args, 0);
    }
    ps_str separator = missing(args, 1) ? PS_STR("") : ps_text_argument(run, args, 1);
    ps_buf *out = ps_jx_scratch(run);
    for (size_t i = 0; i < ps_jx_count(args[0]); i++) {
        ps_jx part = ps_jx_at(args[0], i);
        ps_jx_burn(run, 1);
        if (i > 0) {
            ps_text_add(run, out, separator);
        }
        if (ps_jx_is(part, PS_JX_STRING)) {
            ps_text_add(run, out, ps_jx_str(part));
        } else if (!ps_jx_is(part, PS_JX_UNDEFINED) && !ps_jx_is(part, PS_JX_NULL)) {
            ps_jx_print(run, part, false, out);
        }
    }
    return ps_jx_text(run, out);
}

const ps_jx_native ps_jx_string_functions[] = {
    {"string", "<x-b?:s>", string, 1},
    {"substring", "<s-nn?:s>", substring, 3},
    {"substringBefore", "<s-s:s>", substring_before, 2},
    {"substringAfter", "<s-s:s>", substring_after, 2},
    {"lowercase", "<s-:s>", lowercase, 1},
    {"uppercase", "<s-:s>", uppercase, 1},
    {"length", "<s-:n>", length, 1},
    {"trim", "<s-:s>", trim, 1},
    {"pad", "<s-ns?:s>", pad, 3},
    {"join", "<a<s>s?:s>", join, 2},
    {"base64encode", "<s-:s>", ps_jx_base64encode, 1},
    {"base64decode", "<s-:s>", ps_jx_base64decode, 1},
    {"encodeUrlComponent", "<s-:s>", ps_jx_encode_url_component, 1},
    {"encodeUrl", "<s-:s>", ps_jx_encode_url, 1},
    {"decodeUrlComponent", "<s-:s>", ps_jx_decode_url_component, 1},
    {"decodeUrl", "<s-:s>", ps_jx_decode_url, 1},
    {0},
};
