/* double_print.c -- the shortest decimal that reads back as the same double, in two notations.
 *
 * The digits are found with Raffaello Giulietti's Schubfach: of the decimals in the double's
 * rounding interval only four are candidates, at two neighbouring scales, and 126 bits of the power
 * of ten decide between them without error. */
#include "base/error.h"
#include "value/power10.h"
#include "value/value_layout.h"

#include <math.h>

__extension__ typedef unsigned __int128 wide;

/* significand * 10^exponent; the significand does not end in 0, unless it is 0. */
typedef struct decimal {
    uint64_t significand;
    int exponent;
} decimal;

enum { MIN_EXPONENT = -1074 };

/* floor(power * scaled / 2^127) with the lowest bit set where bits were lost ("round to odd"). */
static uint64_t scale(ps_power10 power, uint64_t scaled)
{
    /* The method wants the power rounded up to 126 bits. */
    wide g = (((wide)power.high << 64 | power.low) >> 2) + 1;
    wide low = (wide)(uint64_t)g * scaled;
    wide product = (wide)(uint64_t)(g >> 64) * scaled + (uint64_t)(low >> 64);
    uint64_t lost = (uint64_t)product & (UINT64_MAX >> 1);
    return (uint64_t)(product >> 63) | (lost != 0);
}

/* The decimal nearest to c * 2^q among the shortest ones in its rounding interval. Digits are
 * dropped only from significands of at least `floor`. */
static decimal shortest(uint64_t c, int q, uint64_t floor)
{
    uint64_t odd = c & 1;
    /* Below a power of two the neighbour is half as far. */
    bool regular = c != UINT64_C(1) << 52 || q == MIN_EXPONENT;
    int k = (q * 1262611 - (regular ? 0 : 524031)) >> 22;
    int shift = q + ps_log2_of_power10(-k) + 2;
    ps_power10 power = ps_power10s[-k - PS_POWER10_MIN];
    uint64_t value = scale(power, (4 * c) << shift);
    uint64_t low = scale(power, (4 * c - (regular ? 2 : 1)) << shift) + odd;
    uint64_t high = scale(power, (4 * c + 2) << shift) - odd;
    uint64_t s = value / 4;
    if (s >= floor) {
        uint64_t down = s / 10 * 10, up = down + 10;
        bool down_in = low <= 4 * down, up_in = 4 * up <= high;
        if (down_in != up_in) {
            return (decimal){down_in ? down : up, k};
        }
    }
    bool down_in = low <= 4 * s, up_in = 4 * (s + 1) <= high;
    if (down_in != up_in) {
        return (decimal){down_in ? s : s + 1, k};
    }
    uint64_t middle = 4 * s + 2;
    bool down = value < middle || (value == middle && s % 2 == 0);
    return (decimal){down ? s : s + 1, k};
}

/* Java prints at least two digits, and of those with two the nearest; ECMAScript is content with
 * one. It makes a difference among the smallest subnormals only. */
static decimal digits_of(double d, bool java)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    uint64_t c = bits & (UINT64_MAX >> 12);
    int q = (int)(bits >> 52 & 0x7FF);
    decimal out;
    if (q) {
        c |= UINT64_C(1) << 52;
        q += MIN_EXPONENT - 1;
    } else {
        q = MIN_EXPONENT;
    }
    if (c == 0) {
        out = (decimal){0, 0};
    } else if (q > -53 && q <= 0 && (c & ((UINT64_C(1) << -q) - 1)) == 0) {
        out = (decimal){c >> -q, 0}; /* an integer below 2^53 */
    } else if (java && q == MIN_EXPONENT && c < 3) {
        out = shortest(10 * c, q, 100);
        out.exponent--;
    } else {
        out = shortest(c, q, java ? 100 : 10);
    }
    while (out.significand && out.significand % 10 == 0) {
        out.significand /= 10;
        out.exponent++;
    }
    return out;
}

size_t ps_int_write(int64_t n, char *to)
{
    char digits[20];
    size_t len = 0, at = 0;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do {
        digits[len++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (n < 0) {
        to[at++] = '-';
    }
    while (len) {
        to[at++] = digits[--len];
    }
    return at;
}

/* `digits` with the point behind the first `point` of them, padded by zeros on either side. */
static size_t put_plain(char *to, const char *digits, size_t count, int point)
{
    size_t at = 0;
    if (point <= 0) {
        to[at++] = '0';
        to[at++] = '.';
        for (; point < 0; point++) {
            to[at++] = '0';
        }
        memcpy(to + at, digits, count);
        return at + count;
    }
    for (size_t i = 0; i < count || i < (size_t)point; i++) {
        if (i == (size_t)point) {
            to[at++] = '.';
        }
        to[at++] = i < count ? digits[i] : '0';
    }
    return at;
}

static size_t put_fraction(char *to, const char *digits, size_t count)
{
    to[0] = digits[0];
    if (count == 1) {
        return 1;
    }
    to[1] = '.';
    memcpy(to + 2, digits + 1, count - 1);
    return count + 1;
}

static size_t put_sign(char *to, double d)
{
    to[0] = '-';
    return signbit(d) ? 1 : 0;
}

size_t ps_double_write(double d, char *to)
{
    char digits[20];
    size_t at = put_sign(to, d);
    decimal dec = digits_of(fabs(d), true);
    size_t count = ps_int_write((int64_t)dec.significand, digits);
    int point = (int)count + dec.exponent;
    if (point > -3 && point <= 7) {
        at += put_plain(to + at, digits, count, point);
        if (point > 0 && count <= (size_t)point) {
            to[at++] = '.';
            to[at++] = '0';
        }
        return at;
    }
    at += put_fraction(to + at, digits, count);
    if (count == 1) {
        to[at++] = '.';
        to[at++] = '0';
    }
    to[at++] = 'E';
    return at + ps_int_write(point - 1, to + at);
}

static size_t write_js(double d, char *to)
{
    char digits[20];
    if (d == 0) {
        to[0] = '0';
        return 1;
    }
    size_t at = put_sign(to, d);
    decimal dec = digits_of(fabs(d), false);
    size_t count = ps_int_write((int64_t)dec.significand, digits);
    int point = (int)count + dec.exponent;
    if (point > -6 && point <= 21) {
        return at + put_plain(to + at, digits, count, point);
    }
    at += put_fraction(to + at, digits, count);
    to[at++] = 'e';
    if (point > 0) {
        to[at++] = '+';
    }
    return at + ps_int_write(point - 1, to + at);
}

/* What neither form can be asked for in JSON, but both languages can print. */
static bool print_special(double d, ps_buf *out)
{
    if (isfinite(d)) {
        return false;
    }
    ps_buf_add(out, isnan(d) ? PS_STR("NaN") : d < 0 ? PS_STR("-Infinity") : PS_STR("Infinity"));
    return true;
}

void ps_double_print_java(double d, ps_buf *out)
{
    if (!print_special(d, out)) {
        out->len += ps_double_write(d, ps_buf_reserve(out, 32));
    }
}

void ps_double_print_js(double d, ps_buf *out)
{
    if (!print_special(d, out)) {
        out->len += write_js(d, ps_buf_reserve(out, 32));
    }
}
