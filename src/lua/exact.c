/* exact.c -- digits by hand: numbers here are prices and identifiers, not physics. */
#include "lua/exact.h"

#include "base/buf.h"

#include <stdint.h>

#define MAX_DIGITS 4000

/* digits[0..count) least significant first, times ten to the power of `exponent`. */
typedef struct decimal {
    bool negative;
    size_t count;
    int64_t exponent;
    uint8_t digits[MAX_DIGITS + 1];
} decimal;

static bool too_long(ps_error *err)
{
    ps_fail(err, PS_ELIMIT, 0, "the exact result has more than %d digits", MAX_DIGITS);
    return false;
}

static void trim(decimal *d)
{
    while (d->count > 0 && d->digits[d->count - 1] == 0) {
        d->count--;
    }
    if (d->count == 0) {
        d->negative = false;
    }
}

/* The exponent of a literal from 'e' on; clamped far beyond what MAX_DIGITS allows. */
static int64_t read_exponent(ps_str s)
{
    size_t i = s.len > 0 && (s.p[0] == '+' || s.p[0] == '-') ? 1 : 0;
    bool negative = i && s.p[0] == '-';
    int64_t n = 0;
    for (; i < s.len && n < 1000000; i++) {
        n = n * 10 + (s.p[i] - '0');
    }
    return negative ? -n : n;
}

static bool read_decimal(const ps_value *v, decimal *d, ps_error *err)
{
    ps_buf text = {0};
    ps_number_print(v, &text);
    ps_str s = ps_buf_str(&text);
    d->negative = s.len > 0 && s.p[0] == '-';
    d->count = 0;
    d->exponent = 0;
    bool fits = true;
    size_t end = 0;
    while (end < s.len && s.p[end] != 'e' && s.p[end] != 'E') {
        end++;
    }
    if (end < s.len) {
        d->exponent = read_exponent((ps_str){s.p + end + 1, s.len - end - 1});
    }
    for (size_t i = d->negative ? 1 : 0; i < end; i++) {
        if (s.p[i] == '.') {
            d->exponent -= (int64_t)(end - i - 1);
        }
    }
    for (size_t i = end; fits && i-- > (d->negative ? 1u : 0u);) {
        if (s.p[i] == '.') {
            continue;
        }
        fits = d->count < MAX_DIGITS;
        d->digits[d->count < MAX_DIGITS ? d->count++ : MAX_DIGITS] = (uint8_t)(s.p[i] - '0');
    }
    ps_buf_free(&text);
    trim(d);
    return fits || too_long(err);
}

static ps_value *write_decimal(const decimal *d, ps_error *err)
{
    int64_t exponent = d->count == 0 && d->exponent > 0 ? 0 : d->exponent;
    if (exponent > MAX_DIGITS || exponent < -MAX_DIGITS) {
        too_long(err);
        return NULL;
    }
    ps_buf text = {0};
    if (d->negative) {
        ps_buf_add_char(&text, '-');
    }
    int64_t high = (int64_t)d->count + exponent; /* digits before the point */
    if (high <= 0) {
        ps_buf_add_char(&text, '0');
        if (exponent < 0) {
            ps_buf_add_char(&text, '.');
        }
        for (int64_t i = high; i < 0; i++) {
            ps_buf_add_char(&text, '0');
        }
    }
    for (size_t i = d->count; i-- > 0;) {
        ps_buf_add_char(&text, (char)('0' + d->digits[i]));
        if (exponent < 0 && (int64_t)i == -exponent) {
            ps_buf_add_char(&text, '.');
        }
    }
    for (int64_t i = 0; i < exponent && d->count > 0; i++) {
        ps_buf_add_char(&text, '0');
    }
    ps_value *v = ps_number(ps_buf_str(&text));
    ps_buf_free(&text);
    return v;
}

/* The digit of weight ten to the power of `exponent`. */
static int digit_at(const decimal *d, int64_t exponent)
{
    int64_t i = exponent - d->exponent;
    return i >= 0 && i < (int64_t)d->count ? d->digits[i] : 0;
}

/* Compares magnitudes over the exponents low..high. */
static int compare_magnitudes(const decimal *a, const decimal *b, int64_t low, int64_t high)
{
    for (int64_t e = high; e >= low; e--) {
        int order = digit_at(a, e) - digit_at(b, e);
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

ps_value *ps_exact_add(const ps_value *a, const ps_value *b, bool subtract, ps_error *err)
{
    decimal x, y, sum;
    if (!read_decimal(a, &x, err) || !read_decimal(b, &y, err)) {
        return NULL;
    }
    y.negative = y.negative != subtract && y.count > 0;
    int64_t low = x.exponent < y.exponent ? x.exponent : y.exponent;
    int64_t x_high = x.exponent + (int64_t)x.count, y_high = y.exponent + (int64_t)y.count;
    int64_t high = x_high > y_high ? x_high : y_high;
    if (high - low >= MAX_DIGITS) {
        too_long(err);
        return NULL;
    }
    sum.exponent = low;
    sum.count = 0;
    int carry = 0;
    bool same = x.negative == y.negative;
    const decimal *big = &x, *small = &y;
    if (!same && compare_magnitudes(&x, &y, low, high) < 0) {
        big = &y;
        small = &x;
    }
    sum.negative = big->negative;
    for (int64_t e = low; e <= high; e++) {
        int digit = same ? digit_at(big, e) + digit_at(small, e) + carry
                         : digit_at(big, e) - digit_at(small, e) + carry;
        carry = digit > 9 ? 1 : digit < 0 ? -1 : 0;
        sum.digits[sum.count++] = (uint8_t)(digit - 10 * carry);
    }
    trim(&sum);
    return write_decimal(&sum, err);
}

ps_value *ps_exact_multiply(const ps_value *a, const ps_value *b, ps_error *err)
{
    decimal x, y, product;
    if (!read_decimal(a, &x, err) || !read_decimal(b, &y, err)) {
        return NULL;
    }
    if (x.count + y.count > MAX_DIGITS) {
        too_long(err);
        return NULL;
    }
    product.count = x.count + y.count;
    product.exponent = x.exponent + y.exponent;
    product.negative = x.negative != y.negative;
    memset(product.digits, 0, sizeof product.digits);
    for (size_t i = 0; i < x.count; i++) {
        int carry = 0;
        for (size_t k = 0; k < y.count || carry; k++) {
            int digit =
                product.digits[i + k] + carry + (k < y.count ? x.digits[i] * y.digits[k] : 0);
            product.digits[i + k] = (uint8_t)(digit % 10);
            carry = digit / 10;
        }
    }
    trim(&product);
    return write_decimal(&product, err);
}

ps_value *ps_exact_negate(const ps_value *a, ps_error *err)
{
    decimal x;
    if (!read_decimal(a, &x, err)) {
        return NULL;
    }
    x.negative = !x.negative && x.count > 0;
    return write_decimal(&x, err);
}
