/* decimal.c -- exact work on numbers as text: order, and conversion to int64 and double. */
#include "value/decimal.h"

#include "value/power10.h"

#include <math.h>

__extension__ typedef unsigned __int128 wide;

/* Sums of places and exponents are clipped here: far beyond every double, far from overflow. */
enum { FAR = 1000000000 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

ps_decimal ps_decimal_read(ps_str text)
{
    ps_decimal d = {0};
    const char *p = text.p, *end = text.p + text.len;
    if (p < end && *p == '-') {
        d.negative = true;
        p++;
    }
    const char *digits = p, *point = NULL;
    for (; p < end && (is_digit(*p) || *p == '.'); p++) {
        if (*p == '.') {
            point = p;
        }
    }
    const char *stop = p;
    if (p < end) {
        p++;
        d.exponent_negative = *p == '-';
        p += *p == '-' || *p == '+';
        while (p < end && *p == '0') {
            p++;
        }
        d.exponent = (ps_str){p, (size_t)(end - p)};
    }
    d.first = digits;
    while (d.first < stop && (*d.first == '0' || *d.first == '.')) {
        d.first++;
    }
    d.end = stop;
    while (d.end > d.first && (d.end[-1] == '0' || d.end[-1] == '.')) {
        d.end--;
    }
    point = point ? point : stop;
    d.place = d.first < point ? point - d.first - 1 : point - d.first;
    return d;
}

/* -- order ------------------------------------------------------------------------------------- */

/* a's exponent less b's, clipped where one more digit still fits an int64_t: from the top digit
 * down, a lead only grows, and no literal is long enough to make up for one like that. */
static int64_t exponent_lead(const ps_decimal *a, const ps_decimal *b)
{
    const int64_t most = INT64_MAX / 100;
    size_t len = a->exponent.len > b->exponent.len ? a->exponent.len : b->exponent.len;
    int64_t lead = 0;
    for (size_t left = len; left > 0; left--) {
        int x = left <= a->exponent.len ? a->exponent.p[a->exponent.len - left] - '0' : 0;
        int y = left <= b->exponent.len ? b->exponent.p[b->exponent.len - left] - '0' : 0;
        lead = lead * 10 + (a->exponent_negative ? -x : x) - (b->exponent_negative ? -y : y);
        if (lead > most || lead < -most) {
            return lead > 0 ? most : -most;
        }
    }
    return lead;
}

static int next_digit(const char **p, const char *end)
{
    if (*p < end && **p == '.') {
        ++*p;
    }
    return *p < end ? *(*p)++ - '0' : 0;
}

static int compare_magnitude(const ps_decimal *a, const ps_decimal *b)
{
    int64_t lead = exponent_lead(a, b) + (a->place - b->place);
    if (lead) {
        return lead > 0 ? 1 : -1;
    }
    const char *p = a->first, *q = b->first;
    while (p < a->end || q < b->end) {
        int order = next_digit(&p, a->end) - next_digit(&q, b->end);
        if (order) {
            return order > 0 ? 1 : -1;
        }
    }
    return 0;
}

int ps_decimal_compare(const ps_decimal *a, const ps_decimal *b)
{
    int a_sign = a->first == a->end ? 0 : a->negative ? -1 : 1;
    int b_sign = b->first == b->end ? 0 : b->negative ? -1 : 1;
    if (a_sign != b_sign) {
        return a_sign > b_sign ? 1 : -1;
    }
    return a_sign == 0 ? 0 : a_sign * compare_magnitude(a, b);
}

/* -- exact digits of m * 2^q --------------------------------------------------------------------
 */

/* Digits that the middle of two doubles may have, in limbs of nine. */
enum { DIGITS = 800, LIMBS = 96, LIMB_BASE = 1000000000 };

/* value *= factor; limbs hold nine decimal digits each, the lowest first. */
static size_t multiply(uint32_t *limbs, size_t count, uint32_t factor)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < count; i++) {
        carry += (uint64_t)limbs[i] * factor;
        limbs[i] = (uint32_t)(carry % LIMB_BASE);
        carry /= LIMB_BASE;
    }
    if (carry) {
        limbs[count++] = (uint32_t)carry;
    }
    return count;
}

/* m below 2^55, q from -1075 to 971. A negative power of two is a power of five with the point
 * moved. */
static ps_decimal exact(uint64_t m, int q, char digits[DIGITS])
{
    uint32_t limbs[LIMBS];
    size_t count = 0;
    ps_decimal d = {.first = digits, .end = digits};
    for (uint64_t rest = m; rest; rest /= LIMB_BASE) {
        limbs[count++] = (uint32_t)(rest % LIMB_BASE);
    }
    int left = q < 0 ? -q : q, step = q < 0 ? 12 : 28;
    uint32_t base = q < 0 ? 5 : 2;
    while (left > 0) {
        uint32_t factor = 1;
        for (int i = 0; i < step && left > 0; i++, left--) {
            factor *= base;
        }
        count = multiply(limbs, count, factor);
    }
    char *to = digits;
    for (size_t i = count; i > 0; i--) {
        uint32_t rest = limbs[i - 1];
        for (int k = 8; k >= 0; k--) {
            to[k] = (char)('0' + rest % 10);
            rest /= 10;
        }
        to += 9;
    }
    d.place = to - digits - 1 + (q < 0 ? q : 0);
    while (d.first < to && *d.first == '0') {
        d.first++;
        d.place--;
    }
    while (to > d.first && to[-1] == '0') {
        to--;
    }
    d.end = to;
    return d;
}

/* -- conversion ---------------------------------------------------------------------------------
 */

/* The exponent as an integer, clipped to +-FAR. */
static int64_t small_exponent(const ps_decimal *d)
{
    int64_t n = 0;
    for (size_t i = 0; i < d->exponent.len && n < FAR; i++) {
        n = n * 10 + (d->exponent.p[i] - '0');
    }
    n = n < FAR ? n : FAR;
    return d->exponent_negative ? -n : n;
}

static double from_parts(uint64_t m, int q)
{
    return ldexp((double)m, q);
}

/* m * 2^q, m below 2^53, is the largest double not above the magnitude of `d`, or equal to it:
 * decides by the exact middle between it and its successor. */
static double round_exactly(const ps_decimal *d, uint64_t m, int q)
{
    char digits[DIGITS];
    ps_decimal middle = exact(2 * m + 1, q - 1, digits);
    int order = compare_magnitude(d, &middle);
    return from_parts(m + (order > 0 || (order == 0 && m % 2 == 1)), q);
}

/* w * 10^k (w not 0, and up to one unit more where `cut`), within the table's range. */
static double approximate(const ps_decimal *d, uint64_t w, int k, bool cut)
{
    int zeros = __builtin_clzll(w);
    ps_power10 power = ps_power10s[k - PS_POWER10_MIN];
    w <<= zeros;
    wide high = (wide)w * power.high + (uint64_t)((wide)w * power.low >> 64);
    /* `high` * 2^e is at most two units below the value; the cut digits may add 2^zeros units of w,
     * each up to 2^64 of `high`. */
    wide slack = cut ? ((wide)1 << (zeros + 64)) + 3 : 3;
    int e = ps_power10_exponent(k) + 64 - zeros;
    int shift = (high >> 127 ? 128 : 127) - 53;
    if (e + shift < -1074) {
        shift = -1074 - e;
    }
    uint64_t m = shift < 128 ? (uint64_t)(high >> shift) : 0;
    int q = e + shift;
    wide half = shift <= 128 ? (wide)1 << (shift - 1) : 0;
    wide rest = shift < 128 ? high & (((wide)1 << shift) - 1) : high;
    if (half && rest > half && rest + slack > rest && (shift >= 127 || rest + slack < half * 2)) {
        return from_parts(m + 1, q);
    }
    if (half && rest < half && half - rest > slack) {
        return from_parts(m, q);
    }
    if (rest > half && rest + slack >= half * 2) {
        /* The cut may have hidden a carry into m: begin from the next lower one that is certain. */
        char digits[DIGITS];
        ps_decimal next = exact(m + 1, q, digits);
        if (compare_magnitude(d, &next) >= 0) {
            m++;
        }
    }
    return round_exactly(d, m, q);
}

double ps_decimal_double(const ps_decimal *d)
{
    static const double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                          1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                          1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (d->first == d->end) {
        return d->negative ? -0.0 : 0.0;
    }
    int64_t top = d->place + small_exponent(d);
    double out;
    if (top > 309) {
        return d->negative ? -HUGE_VAL : HUGE_VAL;
    }
    if (top < -325) {
        return d->negative ? -0.0 : 0.0;
    }
    const char *p = d->first;
    uint64_t w = 0;
    int taken = 0;
    for (; p < d->end && taken < 19; taken++) {
        w = w * 10 + (uint64_t)next_digit(&p, d->end);
    }
    int k = (int)top - (taken - 1);
    bool cut = p < d->end;
    if (!cut && w < UINT64_C(1) << 53 && k >= -22 && k <= 22) {
        out = k < 0 ? (double)w / exact_powers[-k] : (double)w * exact_powers[k];
    } else {
        out = approximate(d, w, k, cut);
    }
    return d->negative ? -out : out;
}

bool ps_decimal_int(const ps_decimal *d, int64_t *n)
{
    if (d->first == d->end) {
        *n = 0;
        return true;
    }
    int64_t top = d->place + small_exponent(d);
    if (top < 0 || top > 18) {
        return false;
    }
    const char *p = d->first;
    uint64_t w = 0;
    for (int64_t i = 0; i <= top; i++) {
        w = w * 10 + (uint64_t)next_digit(&p, d->end);
    }
    uint64_t most = (uint64_t)INT64_MAX + d->negative;
    if (p < d->end || w > most) {
        return false;
    }
    *n = d->negative ? (int64_t)(0 - w) : (int64_t)w;
    return true;
}
