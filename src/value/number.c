/* number.c -- numbers of all three kinds: reading, order, printing. */
#include "base/error.h"
#include "value/decimal.h"
#include "value/value_layout.h"

#include <math.h>

/* -- reading text ------------------------------------------------------------------------------ */

bool ps_number_valid(ps_str s)
{
    size_t i = 0;
    if (i < s.len && s.p[i] == '-') {
        i++;
    }
    size_t from = i;
    while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9') {
        i++;
    }
    if (i == from || (s.p[from] == '0' && i > from + 1)) {
        return false;
    }
    if (i < s.len && s.p[i] == '.') {
        from = ++i;
        while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9') {
            i++;
        }
        if (i == from) {
            return false;
        }
    }
    if (i < s.len && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i++;
        if (i < s.len && (s.p[i] == '+' || s.p[i] == '-')) {
            i++;
        }
        from = i;
        while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9') {
            i++;
        }
        if (i == from) {
            return false;
        }
    }
    return i == s.len;
}

static ps_value *kept(ps_str text)
{
    ps_value *v = ps_text_new(PS_DECIMAL, text.len, text.len);
    memcpy(ps_as_text(v)->p, text.p, text.len);
    return v;
}

/* An integer literal of at most 18 digits, other than "-0". */
static bool read_int(ps_str text, int64_t *n)
{
    bool negative = text.p[0] == '-';
    if (text.len - negative > 18) {
        return false;
    }
    int64_t sum = 0;
    for (size_t i = negative; i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.p[i] - '0';
        if (digit > 9) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *n = negative ? -sum : sum;
    return !(negative && sum == 0);
}

/* Is the double's own print the same as the literal? */
static bool prints_as(double d, ps_str text)
{
    char print[32];
    return text.len < sizeof print && isfinite(d) && ps_double_write(d, print) == text.len &&
           memcmp(print, text.p, text.len) == 0;
}

/* A plain literal of at most 15 digits is the shortest of its double, for no two such decimals
 * share one; Java's print has it the same way in 0.001 <= d < 10^7 where the fraction has no
 * trailing zero, or is the one zero. */
static bool prints_itself(ps_str text)
{
    size_t at = text.p[0] == '-', digits = text.len - at - 1;
    const char *point = memchr(text.p, '.', text.len);
    if (!point || digits > 15) {
        return false;
    }
    size_t whole = (size_t)(point - text.p) - at, fraction = digits - whole;
    if (whole > 7 || (text.p[text.len - 1] == '0' && fraction > 1)) {
        return false;
    }
    for (size_t i = 1; i <= fraction; i++) {
        if (point[i] < '0' || point[i] > '9') {
            return false;
        }
    }
    if (text.p[at] != '0') {
        return true;
    }
    return fraction > 1 &&
           (point[1] != '0' || point[2] != '0' || (fraction > 2 && point[3] != '0'));
}

ps_value *ps_number(ps_str text)
{
    int64_t n;
    if (read_int(text, &n)) {
        return ps_int(n);
    }
    bool integral = true;
    for (size_t i = 0; i < text.len && integral; i++) {
        integral = text.p[i] == '-' || (text.p[i] >= '0' && text.p[i] <= '9');
    }
    ps_decimal dec = ps_decimal_read(text);
    if (integral) {
        bool fits = dec.first != dec.end && ps_decimal_int(&dec, &n);
        return fits ? ps_int(n) : kept(text);
    }
    if (text.len < 32) {
        double d = ps_decimal_double(&dec);
        if (prints_itself(text) || prints_as(d, text)) {
            ps_value *v = ps_double(d);
            v->bytes = text.len;
            return v;
        }
    }
    return kept(text);
}

/* -- reading values ---------------------------------------------------------------------------- */

double ps_value_double(const ps_value *v)
{
    PS_ASSERT(ps_value_is_number(v));
    if (v->kind == PS_INT) {
        return (double)v->n;
    }
    if (v->kind == PS_DOUBLE) {
        return v->d;
    }
    ps_decimal dec = ps_decimal_read(ps_value_str(v));
    return ps_decimal_double(&dec);
}

bool ps_value_int(const ps_value *v, int64_t *n)
{
    PS_ASSERT(ps_value_is_number(v));
    if (v->kind == PS_INT) {
        *n = v->n;
        return true;
    }
    if (v->kind == PS_DOUBLE) {
        if (v->d != trunc(v->d) || v->d < -0x1p63 || v->d >= 0x1p63) {
            return false;
        }
        *n = (int64_t)v->d;
        return true;
    }
    ps_decimal dec = ps_decimal_read(ps_value_str(v));
    return ps_decimal_int(&dec, n);
}

/* -- order ------------------------------------------------------------------------------------- */

/* A double counts as what it prints as: 0.1 and 0.10, a double and a kept literal, are the same. */
static ps_decimal decimal_of(const ps_value *v, char print[32])
{
    if (v->kind == PS_DECIMAL) {
        return ps_decimal_read(ps_value_str(v));
    }
    size_t len = v->kind == PS_INT ? ps_int_write(v->n, print) : ps_double_write(v->d, print);
    return ps_decimal_read((ps_str){print, len});
}

static int compare_exactly(const ps_value *a, const ps_value *b)
{
    char a_print[32], b_print[32];
    ps_decimal x = decimal_of(a, a_print), y = decimal_of(b, b_print);
    return ps_decimal_compare(&x, &y);
}

int ps_number_compare(const ps_value *a, const ps_value *b)
{
    PS_ASSERT(ps_value_is_number(a) && ps_value_is_number(b));
    if (a->kind == PS_INT && b->kind == PS_INT) {
        return (a->n > b->n) - (a->n < b->n);
    }
    /* Rounding to double keeps the order: only where both round alike there is more to ask. */
    double x = ps_value_double(a), y = ps_value_double(b);
    if (x != y) {
        return x < y ? -1 : 1;
    }
    return a->kind == PS_DOUBLE && b->kind == PS_DOUBLE ? 0 : compare_exactly(a, b);
}

/* -- printing ---------------------------------------------------------------------------------- */

void ps_number_print(const ps_value *v, ps_buf *out)
{
    PS_ASSERT(ps_value_is_number(v));
    if (v->kind == PS_DECIMAL) {
        ps_buf_add(out, ps_value_str(v));
        return;
    }
    char *to = ps_buf_reserve(out, 32);
    out->len += v->kind == PS_INT ? ps_int_write(v->n, to) : ps_double_write(v->d, to);
}
