/* number_test.c -- doubles to text and back, kept literals, exact order. The C locale is in force,
 * so the library's strtod and printf may judge ours. */
#include "check.h"
#include "value/value.h"

#include <math.h>
#include <stdlib.h>

static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* At most: beside a power of two a shorter decimal may read back that is not the nearest of its
 * length. */
static int digits_needed(double d)
{
    char text[40];
    int count = 0;
    do {
        snprintf(text, sizeof text, "%.*e", count++, d);
    } while (strtod(text, NULL) != d);
    return count;
}

static int digits_printed(const char *text)
{
    int count = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text >= '0' && *text <= '9' && (count || *text != '0')) {
            count++;
            zeros = *text == '0' ? zeros + 1 : 0;
        }
    }
    return count - zeros;
}

static void check_double(double d, bool also_shortest)
{
    ps_buf js = {0}, java = {0};
    ps_double_print_js(d, &js);
    ps_buf_add_char(&js, '\0');
    ps_double_print_java(d, &java);
    ps_value *v = ps_number(ps_buf_str(&java)), *made = ps_double(d);
    bool good = strtod(js.p, NULL) == d && ps_value_double(v) == d &&
                ps_value_kind(v) == PS_DOUBLE && ps_value_bytes(made) == java.len &&
                ps_number_compare(v, made) == 0;
    good = good && (!also_shortest || digits_printed(js.p) <= digits_needed(d));
    if (!good) {
        fprintf(stderr, "%.17g prints as %s\n", d, js.p);
    }
    CHECK(good);
    ps_value_unref(v);
    ps_value_unref(made);
    ps_buf_free(&js);
    ps_buf_free(&java);
}

static void random_doubles(void)
{
    uint64_t state = 88172645463325252U;
    for (int i = 0; i < 1000000; i++) {
        uint64_t bits = random_bits(&state);
        double d;
        if (i % 4 == 1) { /* subnormal */
            bits &= UINT64_C(0x800FFFFFFFFFFFFF) >> (bits >> 58);
        } else if (i % 4 == 2) { /* few bits */
            bits &= UINT64_MAX << (bits % 53);
        }
        memcpy(&d, &bits, sizeof d);
        if (isfinite(d) && d != 0) {
            check_double(d, i % 16 < 4);
        }
    }
}

static void check_reads(const char *text)
{
    double want = strtod(text, NULL);
    ps_value *v = ps_number(ps_str_from(text));
    double got = ps_value_double(v);
    if (got != want) {
        fprintf(stderr, "%s: got %.17g, want %.17g\n", text, got, want);
    }
    CHECK(got == want);
    ps_value_unref(v);
}

/* Random literals, and such that lie in the middle of two doubles, just below and just above. */
static void random_literals(void)
{
    uint64_t state = 362436069;
    char text[1300];
    for (int i = 0; i < 200000; i++) {
        snprintf(text, sizeof text, "-%llu.%llue%d",
                 (unsigned long long)random_bits(&state) >> (i % 60),
                 (unsigned long long)random_bits(&state), (int)(random_bits(&state) % 700) - 350);
        check_reads(text);
    }
    for (int i = 0; i < 20000; i++) {
        uint64_t bits =
            random_bits(&state) & (i % 2 ? UINT64_C(0x3FFFFFFFFFFFFFFF) : UINT64_MAX >> 12);
        double d;
        memcpy(&d, &bits, sizeof d);
        long double middle = ((long double)d + nextafter(d, INFINITY)) / 2;
        int len = snprintf(text, sizeof text - 1, "%.1100Lf", middle);
        check_reads(text);
        text[len] = '1';
        text[len + 1] = '\0';
        check_reads(text);
    }
}

static void check_prints(double d, const char *java, const char *js)
{
    ps_buf out = {0};
    ps_double_print_java(d, &out);
    CHECK_STR(ps_buf_str(&out), java);
    ps_buf_clear(&out);
    ps_double_print_js(d, &out);
    CHECK_STR(ps_buf_str(&out), js);
    ps_buf_free(&out);
}

static void both_forms(void)
{
    check_prints(0.0, "0.0", "0");
    check_prints(-0.0, "-0.0", "0");
    check_prints(1, "1.0", "1");
    check_prints(-123.25, "-123.25", "-123.25");
    check_prints(0.001, "0.001", "0.001");
    check_prints(0.0001, "1.0E-4", "0.0001");
    check_prints(1e-6, "1.0E-6", "0.000001");
    check_prints(1e-7, "1.0E-7", "1e-7");
    check_prints(9999999, "9999999.0", "9999999");
    check_prints(1e7, "1.0E7", "10000000");
    check_prints(123456789012345680000.0, "1.2345678901234568E20", "123456789012345680000");
    check_prints(1e21, "1.0E21", "1e+21");
    check_prints(2e23, "2.0E23", "2e+23");
    check_prints(4.9e-324, "4.9E-324", "5e-324");
    check_prints(9.9e-324, "9.9E-324", "1e-323");
    check_prints(2.2250738585072014e-308, "2.2250738585072014E-308", "2.2250738585072014e-308");
    check_prints(1.7976931348623157e308, "1.7976931348623157E308", "1.7976931348623157e+308");
    check_prints(INFINITY, "Infinity", "Infinity");
    check_prints((double)NAN, "NaN", "NaN");
}

static void check_kind(const char *text, ps_kind kind)
{
    ps_value *v = ps_number(ps_str_from(text));
    ps_buf out = {0};
    CHECK(ps_value_kind(v) == kind);
    CHECK(ps_value_bytes(v) == strlen(text));
    ps_number_print(v, &out);
    CHECK_STR(ps_buf_str(&out), text);
    ps_buf_free(&out);
    ps_value_unref(v);
}

static void kinds(void)
{
    check_kind("0", PS_INT);
    check_kind("-9223372036854775808", PS_INT);
    check_kind("9223372036854775807", PS_INT);
    check_kind("9223372036854775808", PS_DECIMAL);
    check_kind("-0", PS_DECIMAL);
    check_kind("1.5", PS_DOUBLE);
    check_kind("0.30000000000000004", PS_DOUBLE);
    check_kind("1.0", PS_DOUBLE);
    check_kind("1.10", PS_DECIMAL);
    check_kind("0.0001", PS_DECIMAL);
    check_kind("1e2", PS_DECIMAL);
    check_kind("1E400", PS_DECIMAL);
    check_kind("0.1000000000000000055", PS_DECIMAL);
}

static void check_order(const char *a, const char *b, int want)
{
    ps_value *x = ps_number(ps_str_from(a)), *y = ps_number(ps_str_from(b));
    int forth = ps_number_compare(x, y), back = ps_number_compare(y, x);
    bool good = (forth > 0) - (forth < 0) == want && (back > 0) - (back < 0) == -want;
    if (!good) {
        fprintf(stderr, "%s ? %s: %d, %d\n", a, b, forth, back);
    }
    CHECK(good);
    ps_value_unref(x);
    ps_value_unref(y);
}

static void order(void)
{
    check_order("1", "1.0", 0);
    check_order("100", "1e2", 0);
    check_order("0.10", "0.1", 0);
    check_order("-0", "0.0", 0);
    check_order("2.5e-44444444444444444444466", "2.5e-44444444464444444466", -1);
    check_order("1e99999999999999998", "1e999999999999999980000", -1);
    check_order("1E400", "10E399", 0);
    check_order("-1E400", "-1E401", 1);
    check_order("1e-400", "0", 1);
    check_order("9007199254740993", "9007199254740992.0", 1);
    check_order("9223372036854775807", "9223372036854775808", -1);
    check_order("123456789012345678901234567890", "123456789012345678901234567891", -1);
    check_order("1e99999999999999999999", "1e99999999999999999998", 1);
    check_order("10e99999999999999999998", "1e99999999999999999999", 0);
    check_order("0.01e-99999999999999999999", "1e-100000000000000000001", 0);
    check_order("0e999999999999", "0", 0);
}

static void check_int(const char *text, bool fits, int64_t want)
{
    int64_t n = 42;
    ps_value *v = ps_number(ps_str_from(text));
    CHECK(ps_value_int(v, &n) == fits);
    CHECK(n == (fits ? want : 42));
    ps_value_unref(v);
}

static void integers(void)
{
    check_int("1.0", true, 1);
    check_int("1.50e1", true, 15);
    check_int("-0", true, 0);
    check_int("1.5", false, 0);
    check_int("-9.223372036854775808e18", true, INT64_MIN);
    check_int("9.223372036854775808e18", false, 0);
    check_int("1e999999999999999999999", false, 0);
    check_int("0e999999999999999999999", true, 0);
}

int main(void)
{
    random_doubles();
    random_literals();
    both_forms();
    kinds();
    order();
    integers();
    return check_report();
}
