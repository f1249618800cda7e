/* fn_number.c -- $number, arithmetic, rounding, $formatBase, and the aggregates of numbers. */
#include "jsonata/number.h"

#include "jsonata/jx.h"

#include <math.h>

static _Noreturn void fail_with(ps_jx_run *run, const ps_jx_call *call, const char *code,
                                ps_jx value, int64_t index)
{
    ps_jx_fields f = {.token = call->name, .value = value, .index = index};
    ps_jx_throw(run, code, call->at, &f);
}

/* -- reading --------------------------------------------------------------------------------- */

static size_t skip_digits(ps_str s, size_t at)
{
    while (at < s.len && s.p[at] >= '0' && s.p[at] <= '9') {
        at++;
    }
    return at;
}

/* -?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)? */
static bool is_decimal(ps_str s)
{
    size_t start = s.len > 0 && s.p[0] == '-';
    size_t at = skip_digits(s, start);
    if (at == start) {
        return false;
    }
    if (at < s.len && s.p[at] == '.') {
        start = at + 1;
        at = skip_digits(s, start);
        if (at == start) {
            return false;
        }
    }
    if (at < s.len && (s.p[at] | 0x20) == 'e') {
        start = at + 1;
        start += start < s.len && (s.p[start] == '-' || s.p[start] == '+');
        at = skip_digits(s, start);
        if (at == start) {
            return false;
        }
    }
    return at == s.len;
}

static bool has_prefix(ps_str s, size_t at, char letter)
{
    return at + 2 < s.len && s.p[at] == '0' && (s.p[at + 1] | 0x20) == letter;
}

/* The reference's pattern /^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$/: only its first
 * alternative is bound to the start, and only its last one to the end. */
static bool looks_prefixed(ps_str s)
{
    if (has_prefix(s, 0, 'x')) {
        char c = s.p[2];
        if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')) {
            return true;
        }
    }
    for (size_t at = 0; at < s.len; at++) {
        if (has_prefix(s, at, 'o') && s.p[at + 2] >= '0' && s.p[at + 2] <= '7') {
            return true;
        }
    }
    size_t end = s.len;
    while (end > 0 && (s.p[end - 1] == '0' || s.p[end - 1] == '1')) {
        end--;
    }
    return end >= 2 && end < s.len && has_prefix(s, end - 2, 'b');
}

static ps_jx fn_number(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (ps_jx_is(args[0], PS_JX_UNDEFINED) || ps_jx_is(args[0], PS_JX_NUMBER)) {
        return args[0];
    }
    if (ps_jx_is(args[0], PS_JX_BOOL)) {
        return ps_jx_number(ps_jx_truth(run, args[0]) ? 1 : 0);
    }
    if (ps_jx_is(args[0], PS_JX_STRING)) {
        ps_str s = ps_jx_str(args[0]);
        ps_jx_burn(run, s.len / 16);
        if (is_decimal(s)) {
            double n = ps_number_read(s);
            if (isfinite(n)) {
                return ps_jx_number(n);
            }
        } else if (looks_prefixed(s)) {
            return ps_jx_number(ps_number_read_prefixed(s));
        }
    }
    fail_with(run, call, "D3030", args[0], 1);
}

/* -- arithmetic ------------------------------------------------------------------------------ */

static ps_jx fn_abs(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)run, (void)call, (void)count;
    return ps_jx_is(args[0], PS_JX_NUMBER) ? ps_jx_number(fabs(ps_jx_double(args[0]))) : args[0];
}

static ps_jx fn_floor(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)run, (void)call, (void)count;
    return ps_jx_is(args[0], PS_JX_NUMBER) ? ps_jx_number(floor(ps_jx_double(args[0]))) : args[0];
}

static ps_jx fn_ceil(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)run, (void)call, (void)count;
    return ps_jx_is(args[0], PS_JX_NUMBER) ? ps_jx_number(ceil(ps_jx_double(args[0]))) : args[0];
}

static double or_default(ps_jx v, double otherwise)
{
    return ps_jx_is(v, PS_JX_NUMBER) ? ps_jx_double(v) : otherwise;
}

static ps_jx fn_round(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)run, (void)call, (void)count;
    if (!ps_jx_is(args[0], PS_JX_NUMBER)) {
        return args[0];
    }
    return ps_jx_number(ps_number_round(ps_jx_double(args[0]), or_default(args[1], 0)));
}

static ps_jx fn_sqrt(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (!ps_jx_is(args[0], PS_JX_NUMBER)) {
        return args[0];
    }
    double n = ps_jx_double(args[0]);
    if (n < 0) {
        fail_with(run, call, "D3060", args[0], 1);
    }
    return ps_jx_number(sqrt(n));
}

static ps_jx fn_power(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (!ps_jx_is(args[0], PS_JX_NUMBER)) {
        return args[0];
    }
    double n = ps_number_power(ps_jx_double(args[0]), or_default(args[1], NAN));
    if (!isfinite(n)) {
        ps_jx_fields f = {.token = call->name, .value = args[0], .exp = args[1], .index = 1};
        ps_jx_throw(run, "D3061", call->at, &f);
    }
    return ps_jx_number(n);
}

static ps_jx fn_format_base(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (!ps_jx_is(args[0], PS_JX_NUMBER)) {
        return args[0];
    }
    double radix = ps_number_round(or_default(args[1], 10), 0);
    if (!(radix >= 2 && radix <= 36)) {
        fail_with(run, call, "D3100", ps_jx_number(radix), 0);
    }
    ps_buf *out = ps_jx_scratch(run);
    ps_number_print_radix(ps_number_round(ps_jx_double(args[0]), 0), (unsigned)radix, out);
    return ps_jx_text(run, out);
}

/* -- aggregates ------------------------------------------------------------------------------ */

static ps_jx fn_sum(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call, (void)count;
    if (!ps_jx_is(args[0], PS_JX_ARRAY)) {
        return args[0];
    }
    size_t n = ps_jx_count(args[0]);
    ps_jx_burn(run, n);
    double total = 0;
    for (size_t i = 0; i < n; i++) {
        total += ps_jx_double(ps_jx_at(args[0], i));
    }
    return ps_jx_number(total);
}

static ps_jx fn_average(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    if (!ps_jx_is(args[0], PS_JX_ARRAY) || ps_jx_count(args[0]) == 0) {
        return PS_JX_NOTHING;
    }
    double total = ps_jx_double(fn_sum(run, call, args, count));
    return ps_jx_number(total / (double)ps_jx_count(args[0]));
}

/* The element that no other is `sign` times greater than; NaN where one is NaN. */
static ps_jx extreme(ps_jx_run *run, ps_jx array, double sign)
{
    if (!ps_jx_is(array, PS_JX_ARRAY) || ps_jx_count(array) == 0) {
        return PS_JX_NOTHING;
    }
    size_t n = ps_jx_count(array);
    ps_jx_burn(run, n);
    double best = ps_jx_double(ps_jx_at(array, 0));
    for (size_t i = 1; i < n && !isnan(best); i++) {
        double d = ps_jx_double(ps_jx_at(array, i));
        if (isnan(d) || (d - best) * sign > 0) {
            best = d;
        }
    }
    return ps_jx_number(best);
}

static ps_jx fn_max(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call, (void)count;
    return extreme(run, args[0], 1);
}

static ps_jx fn_min(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)call, (void)count;
    return extreme(run, args[0], -1);
}

const ps_jx_native ps_jx_number_functions[] = {
    {"number", "<(nsb)-:n>", fn_number, 1},
    {"abs", "<n-:n>", fn_abs, 1},
    {"floor", "<n-:n>", fn_floor, 1},
    {"ceil", "<n-:n>", fn_ceil, 1},
    {"round", "<n-n?:n>", fn_round, 2},
    {"sqrt", "<n-:n>", fn_sqrt, 1},
    {"power", "<n-n:n>", fn_power, 2},
    {"formatBase", "<n-n?:s>", fn_format_base, 2},
    {"sum", "<a<n>:n>", fn_sum, 1},
    {"max", "<a<n>:n>", fn_max, 1},
    {"min", "<a<n>:n>", fn_min, 1},
    {"average", "<a<n>:n>", fn_average, 1},
    {0},
};
