/* number.c -- JavaScript's numbers: reading, rounding, writing. See number.h. */
#include "jsonata/number.h"

#include "base/utf8.h"
#include "jsonata/codes.h"
#include "value/value.h"

#include <math.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A few digits and nothing else. */
static bool read_few_digits(ps_str literal, double *n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < literal.len; i++) {
        if (!is_digit(literal.p[i]) || i >= 15) {
            return false;
        }
        sum = sum * 10 + (uint64_t)(literal.p[i] - '0');
    }
    *n = (double)sum;
    return true;
}

double ps_number_read(ps_str literal)
{
    double few;
    if (read_few_digits(literal, &few)) {
        return few;
    }
    bool negative = literal.len > 0 && literal.p[0] == '-';
    size_t at = negative;
    while (at + 1 < literal.len && literal.p[at] == '0' && is_digit(literal.p[at + 1])) {
        at++;
    }
    ps_value *v = ps_number((ps_str){literal.p + at, literal.len - at});
    double n = ps_value_double(v);
    ps_value_unref(v);
    return negative ? -n : n;
}

static int digit_of(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
}

double ps_number_read_bits(ps_str digits, unsigned bits_a_digit)
{
    /* 64 bits of it are kept; whether any other is set decides halves. */
    uint64_t kept = 0;
    int dropped = 0;
    bool rest = false;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = (unsigned)digit_of(digits.p[i]);
        for (unsigned bit = bits_a_digit; bit-- > 0;) {
            unsigned set = digit >> bit & 1;
            if (kept >> 63 == 0) {
                kept = kept << 1 | set;
                continue;
            }
            rest = rest || set;
            dropped += dropped < 2048;
        }
    }
    if (rest) {
        kept |= 1;
    }
    return ldexp((double)kept, dropped);
}

static ps_str trim(ps_str s)
{
    size_t start = 0;
    for (size_t at = 0; at < s.len && ps_code_is_space(ps_utf8_next(s, &at));) {
        start = at;
    }
    size_t end = start;
    for (size_t at = start; at < s.len;) {
        if (!ps_code_is_space(ps_utf8_next(s, &at))) {
            end = at;
        }
    }
    return (ps_str){s.p + start, end - start};
}

/* Digits below `base` from `at` on. */
static size_t count_digits(ps_str s, size_t at, int base)
{
    size_t count = 0;
    while (at + count < s.len && digit_of(s.p[at + count]) < base) {
        count++;
    }
    return count;
}

double ps_number_parse_int(ps_str text)
{
    ps_str s = trim(text);
    bool negative = s.len > 0 && s.p[0] == '-';
    size_t at = negative || (s.len > 0 && s.p[0] == '+');
    bool hex = at + 1 < s.len && s.p[at] == '0' && (s.p[at + 1] | 0x20) == 'x';
    at += hex ? 2 : 0;
    size_t count = count_digits(s, at, hex ? 16 : 10);
    if (count == 0) {
        return NAN;
    }
    ps_str digits = {s.p + at, count};
    double n = hex ? ps_number_read_bits(digits, 4) : ps_number_read(digits);
    return negative ? -n : n;
}

double ps_number_read_prefixed(ps_str text)
{
    ps_str s = trim(text);
    if (s.len < 3 || s.p[0] != '0') {
        return NAN;
    }
    char prefix = (char)(s.p[1] | 0x20);
    unsigned bits = prefix == 'x' ? 4 : prefix == 'o' ? 3 : prefix == 'b' ? 1 : 0;
    if (bits == 0 || count_digits(s, 2, 1 << bits) != s.len - 2) {
        return NAN;
    }
    return ps_number_read_bits((ps_str){s.p + 2, s.len - 2}, bits);
}

/* n * 10^places by way of its print. */
static double shift_point(double n, double places)
{
    if (!isfinite(n)) {
        return NAN;
    }
    ps_buf text = {0};
    ps_double_print_js(n, &text);
    const char *e = memchr(text.p, 'e', text.len);
    size_t mantissa = e ? (size_t)(e - text.p) : text.len;
    if (e) {
        places += ps_number_parse_int((ps_str){e + 1, text.len - mantissa - 1});
    }
    double result = NAN;
    if (places == trunc(places) && fabs(places) < 1e15) {
        text.len = mantissa;
        ps_buf_addf(&text, "e%lld", (long long)places);
        result = ps_number_read(ps_buf_str(&text));
    }
    ps_buf_free(&text);
    return result;
}

/* The same answer by arithmetic, where its errors cannot matter: far enough from halves, and with a
 * power of ten and a quotient that are exact but for one rounding. */
static bool round_quickly(double n, double precision, double *out)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    if (!(precision >= 1 && precision <= 15) || precision != trunc(precision)) {
        return false;
    }
    double power = powers[(size_t)precision];
    double moved = n * power;
    double below = floor(moved);
    double part = moved - below;
    /* The product, the print and reading it again are off by half a unit in the last place each. */
    if (!(fabs(moved) < 0x1p50) || fabs(part - 0.5) <= fabs(moved) * 0x1p-50) {
        return false;
    }
    *out = (part > 0.5 ? below + 1 : below) / power;
    return true;
}

double ps_number_round(double n, double precision)
{
    bool shifted = precision != 0 && !isnan(precision);
    double quick;
    if (shifted && round_quickly(n, precision, &quick)) {
        return quick == 0 ? 0 : quick;
    }
    if (shifted) {
        n = shift_point(n, precision);
    }
    double below = floor(n);
    double part = n - below;
    double whole = part > 0.5 || (part == 0.5 && fmod(below, 2) != 0) ? below + 1 : below;
    if (shifted) {
        whole = shift_point(whole, -precision);
    }
    return whole == 0 ? 0 : whole;
}

double ps_number_power(double base, double exponent)
{
    if (isnan(exponent) || (isinf(exponent) && fabs(base) == 1)) {
        return NAN;
    }
    return pow(base, exponent);
}

/* -- exact digits --------------------------------------------------------------------------- */

/* 1074 bits behind the point at most, and a carry. */
enum { FRACTION_WORDS = 34, INTEGER_DIGITS = 24 };

/* A fraction below 1, exactly: words[0] is the integer part, the others base 2^32. */
typedef struct fraction {
    uint32_t words[FRACTION_WORDS + 1];
} fraction;

static void fraction_of(double part, fraction *f)
{
    *f = (fraction){0};
    for (size_t i = 1; i <= FRACTION_WORDS && part > 0; i++) {
        part = ldexp(part, 32);
        f->words[i] = (uint32_t)part;
        part -= f->words[i];
    }
}

/* The next decimal digit. */
static unsigned next_digit(fraction *f)
{
    uint64_t carry = 0;
    for (size_t i = FRACTION_WORDS; i > 0; i--) {
        carry += (uint64_t)f->words[i] * 10;
        f->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return (unsigned)carry;
}

/* Writes a whole number below 1e21 so that it ends at `end`; where it starts. */
static size_t write_whole(double whole, char *text, size_t end)
{
    /* fmod is exact; the quotient is a whole number but for the last bits of the division. */
    double rest = fmod(whole, 1e11);
    uint64_t low = (uint64_t)rest;
    uint64_t high = (uint64_t)((whole - rest) / 1e11 + 0.5);
    size_t start = end;
    for (; low > 0 || (high > 0 && end - start < 11) || start == end; low /= 10) {
        text[--start] = (char)('0' + low % 10);
    }
    for (; high > 0; high /= 10) {
        text[--start] = (char)('0' + high % 10);
    }
    return start;
}

/* Adds one to the last digit; where the number starts now. */
static size_t round_up(char *text, size_t start, size_t end)
{
    while (end > start && text[end - 1] == '9') {
        text[--end] = '0';
    }
    if (end == start) {
        text[--start] = '1';
    } else {
        text[end - 1]++;
    }
    return start;
}

void ps_number_print_fixed(double n, size_t digits, ps_buf *out)
{
    if (!(n < 1e21)) {
        ps_double_print_js(n, out);
        return;
    }
    char text[INTEGER_DIGITS + PS_FIXED_DIGITS];
    double whole = floor(n);
    size_t start = write_whole(whole, text, INTEGER_DIGITS);
    fraction f;
    fraction_of(n - whole, &f);
    size_t end = INTEGER_DIGITS;
    for (size_t i = 0; i < digits; i++) {
        text[end++] = (char)('0' + next_digit(&f));
    }
    bool half = f.words[1] >> 31;
    start = half ? round_up(text, start, end) : start;
    ps_buf_add(out, (ps_str){text + start, INTEGER_DIGITS - start});
    if (digits > 0) {
        ps_buf_add_char(out, '.');
        ps_buf_add(out, (ps_str){text + INTEGER_DIGITS, digits});
    }
}

void ps_number_print_radix(double n, unsigned radix, ps_buf *out)
{
    if (radix == 10 || !isfinite(n)) {
        ps_double_print_js(n, out);
        return;
    }
    char text[1100];
    size_t at = sizeof text;
    double rest = fabs(n);
    /* As V8 does: digits that a double does not determine are written as zeros. */
    while (rest / radix >= 9007199254740992.0) {
        rest /= radix;
        text[--at] = '0';
    }
    do {
        double digit = fmod(rest, radix);
        text[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[(size_t)digit];
        rest = (rest - digit) / radix;
    } while (rest > 0);
    if (n < 0) {
        text[--at] = '-';
    }
    ps_buf_add(out, (ps_str){text + at, sizeof text - at});
}
