/* number_test.c -- numbers, their pictures, and dates: what lies at the edges
 * of what JSONata's own suite says. */
#include "jsonata/answer.h"
#include "jsonata/calendar.h"
#include "jsonata/number.h"

#include <math.h>

/* The result as JSON, "undefined", or the code of the fault. */
static ps_str ask(const char *expression, const ps_jsonata_bounds *bounds, ps_buf *out)
{
    ps_rand rand = {.key = {1}};
    ps_jsonata_env env = {.bounds = bounds, .rand = &rand, .now_ms = 1700000000123};
    ps_jsonata_error err = {0};
    ps_buf_clear(out);
    if (answer(expression, &env, &err, out) == PS_JSONATA_FAULT) {
        ps_buf_add(out, ps_str_from(err.code));
    }
    ps_jsonata_error_free(&err);
    return ps_buf_str(out);
}

typedef struct row {
    const char *expression;
    const char *want;
} row;

static void check_rows(const row *rows, size_t count)
{
    ps_buf out = {0};
    for (size_t i = 0; i < count; i++) {
        ps_str got = ask(rows[i].expression, NULL, &out);
        if (!ps_str_equal(got, ps_str_from(rows[i].want))) {
            fprintf(stderr, "%s\n", rows[i].expression);
        }
        CHECK_STR(got, rows[i].want);
    }
    ps_buf_free(&out);
}
#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof *(rows))

static void reading(void)
{
    static const row rows[] = {
        {"$number('0x20000000000001')", "9007199254740992"},
        {"$number('0x20000000000003')", "9007199254740996"},
        {"$number(' 0b11')", "3"},
        {"$number('007.50e1')", "75"},
        {"$number('1e400')", "D3030"},
        {"$number('0x')", "D3030"},
        {"$number('.5')", "D3030"},
    };
    CHECK_ROWS(rows);
    CHECK(ps_number_parse_int(PS_STR("\xC2\xA0 -12.9")) == -12);
    CHECK(ps_number_parse_int(PS_STR("0x1Fz")) == 31);
    CHECK(isnan(ps_number_parse_int(PS_STR("-"))));
    CHECK(ps_number_read(PS_STR("-000")) == 0);
    CHECK(isinf(ps_number_read_bits(PS_STR("1" /* and 262 zeros of four bits */
                                           "0000000000000000000000000000000000000000000000000000000"
                                           "0000000000000000000000000000000000000000000000000000000"
                                           "0000000000000000000000000000000000000000000000000000000"
                                           "0000000000000000000000000000000000000000000000000000000"
                                           "000000000000000000000000000000000000000000"),
                                    4)));
}

static void check_fixed(double n, size_t digits, const char *want)
{
    ps_buf out = {0};
    ps_number_print_fixed(n, digits, &out);
    CHECK_STR(ps_buf_str(&out), want);
    ps_buf_free(&out);
}

static void rounding(void)
{
    CHECK(ps_number_round(2.5, 0) == 2 && ps_number_round(3.5, 0) == 4);
    CHECK(ps_number_round(-2.5, 0) == -2 && !signbit(ps_number_round(-0.2, 0)));
    CHECK(ps_number_round(4.515, 2) == 4.52 && ps_number_round(4.525, 2) == 4.52);
    CHECK(ps_number_round(1250, -2) == 1200 && ps_number_round(0.49999999999999994, 0) == 0);
    CHECK(ps_number_round(2.345, 2) == 2.34 && ps_number_round(2.3450000000000006, 2) == 2.35);
    CHECK(ps_number_round(-2.675, 2) == -2.68 && ps_number_round(1.0000000000000002, 15) == 1);
    CHECK(isnan(ps_number_round(1, 1.5)) && isnan(ps_number_round(1.5, 400)));
    CHECK(isnan(ps_number_power(1, INFINITY)) && isnan(ps_number_power(1, NAN)));
    check_fixed(1.005, 2, "1.00");
    check_fixed(0.5, 0, "1");
    check_fixed(999.9999, 2, "1000.00");
    check_fixed(123456789012345678901.0, 1, "123456789012345683968.0");
    check_fixed(1e21, 5, "1e+21");
    check_fixed(0.1, 25, "0.1000000000000000055511151");
}

static void number_pictures(void)
{
    static const row rows[] = {
        {"$formatNumber(1234.5, '#,##0.00')", "\"1,234.50\""},
        {"$formatNumber(-5, '0;(0)')", "\"(5)\""},
        {"$formatNumber(0, '0.00e0')", "\"0.00e0\""},
        {"$formatNumber(1234.5678, '00.000e00')", "\"12.346e02\""},
        {"$formatNumber(12.5, '0,0|00', {'decimal-separator': '|'})", "\"1,2|50\""},
        {"$formatNumber(0.14, '0%')", "\"14%\""},
        {"$formatNumber(-1422, '\xF0\x9F\x98\x80#,0.#e000')", "D3091"},
        {"$formatNumber(5, '##,##,000')", "\"0,0,5\""},
        {"$formatNumber(1, 'x')", "D3086"},
        {"$formatNumber(1, '0e')", "D3093"},
        {"$formatNumber(1, '0;0;0')", "D3080"},
        {"$formatNumber(1, '0.' & $pad('', 101, '0'))", "D3137"},
    };
    CHECK_ROWS(rows);
}

static void integer_pictures(void)
{
    static const row rows[] = {
        {"$formatInteger(1e27, 'w')", "\"one thousand trillion trillion\""},
        {"$formatInteger(11, '0;o') & $formatInteger(21, '0;o')", "\"11th21st\""},
        {"$formatInteger(703, 'A')", "\"AAA\""},
        {"$formatInteger(1234567, '#.##0')", "\"1.234.567\""},
        {"$formatInteger(5, '##,##,000')", "\",,05\""},
        {"$formatInteger(2024, '\xD9\xA0')", "\"\xD9\xA2\xD9\xA0\xD9\xA2\xD9\xA4\""},
        {"$formatInteger(1, '#')", "D3130"},
        {"$parseInteger('one hundred and twenty-first', 'w;o')", "121"},
        {"$parseInteger('twelve million, two thousand', 'w')", "12002000"},
        {"$parseInteger('1,234th', '#,##0;o')", "1234"},
        {"$parseInteger('12', '\xD9\xA0')", "D3137"},
        {"$formatInteger(1e300, 'I')", "U1001"},
    };
    CHECK_ROWS(rows);
}

static void calendar(void)
{
    /* Weeks at the turn of the year, and months before the first Thursday. */
    static const struct {
        double year, month, day;
        double week, week_year, month_week, week_month;
    } days[] = {
        {2005, 0, 1, 53, 2004, 5, 12},   {2008, 11, 29, 1, 2009, 1, 1}, {2018, 0, 1, 1, 2018, 1, 1},
        {2020, 11, 31, 53, 2020, 5, 12}, {2019, 2, 1, 9, 2019, 4, 2},
    };
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        double ms = ps_date_make(days[i].year, days[i].month, days[i].day, 0, 0, 0, 0);
        CHECK(ps_date_component(ms, 'Y') == days[i].year);
        CHECK(ps_date_component(ms, 'M') == days[i].month + 1);
        CHECK(ps_date_component(ms, 'D') == days[i].day);
        CHECK(ps_date_component(ms, 'W') == days[i].week);
        CHECK(ps_date_component(ms, 'X') == days[i].week_year);
        CHECK(ps_date_component(ms, 'w') == days[i].month_week);
        CHECK(ps_date_component(ms, 'x') == days[i].week_month);
    }
    /* Every day of 800 years is the one behind the last. */
    double previous = ps_date_make(1600, 0, 1, 0, 0, 0, 0) - PS_DAY_MS;
    for (double ms = previous + PS_DAY_MS; ms < previous + 292194 * PS_DAY_MS; ms += PS_DAY_MS) {
        double made = ps_date_make(ps_date_component(ms, 'Y'), ps_date_component(ms, 'M') - 1,
                                   ps_date_component(ms, 'D'), 0, 0, 0, 0);
        if (made != ms) {
            CHECK(made == ms);
            break;
        }
    }
    CHECK(ps_date_utc(70, 0, 1, 0, 0, 0, 0) == 0 && ps_date_utc(1970, 12, 1, 0, 0, 0, 0) > 0);
    CHECK(isnan(ps_date_clip(8.64e15 + 1)) && ps_date_clip(-1.5) == -1);
    CHECK(isnan(ps_date_make(1e300, 0, 1, 0, 0, 0, 0)));
}

static void dates(void)
{
    static const row rows[] = {
        {"$now()", "\"2023-11-14T22:13:20.123Z\""},
        {"$fromMillis(-1)", "\"1969-12-31T23:59:59.999Z\""},
        {"$fromMillis(0, '[Dwo] [MNn,3-3] [Y,2-2] [[x]] [P]')", "\"first Jan 70 [x] am\""},
        {"$fromMillis(0, '[H01]:[m01] [Z01:01t] [z]', '+0530')", "\"05:30 +05:30 GMT+05:30\""},
        {"$fromMillis(0, '[YN]')", "D3133"},
        {"$fromMillis(0, '[Z00000]')", "D3134"},
        {"$fromMillis(0, '[Y')", "D3135"},
        {"$fromMillis(0, '[y]')", "D3132"},
        {"$toMillis('2018-02-31')", "1520035200000"},
        {"$toMillis('2018-01-01T24:00:00+0100')", "1514847600000"},
        {"$toMillis('2018-1-1')", "D3110"},
        {"$toMillis('twenty-first June 1999', '[Dwo] [MNn] [Y]')", "929923200000"},
        {"$toMillis('sixteenth of May 2001', '[Dwo] of [MNn] [Y]')", "989971200000"},
        {"$toMillis('20010203040506789', "
         "'[Y0001][M01][D01][H01][m01][s01][f001]')",
         "981173106789"},
        {"$toMillis('12:30 am', '[h]:[m] [P]')", "1699921800000"},
        {"$toMillis('05', '[M01]')", "1682899200000"},
        {"$toMillis('2001 5', '[Y] [H]')", "D3136"},
        {"$toMillis('2001-02-03 +05:30', '[Y]-[M]-[D] [Z]')", "981138600000"},
        {"$toMillis('x', '[Y]')", "undefined"},
    };
    CHECK_ROWS(rows);
}

/* None of these may take long, whatever the reference would do. */
static void bounds(void)
{
    static const ps_jsonata_bounds tight = {
        .depth = 100, .bytes = 1 << 20, .range = 100000, .fuel = 1000000};
    static const char *const expressions[] = {
        "$toMillis($pad('', 50000, 'one '), $pad('', 50000, '[Yw]'))",
        "$toMillis($pad('', 100000, '1'), $pad('', 30000, '[f]'))",
        "$formatNumber(1, $pad('', 100000, '0,') & '0')",
        "$formatInteger(1, $pad('', 100000, '0,.'))",
        "$fromMillis(0, '[Y,999999999]')",
        "$formatInteger(1e300, 'i')",
    };
    ps_buf out = {0};
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
        CHECK_STR(ask(expressions[i], &tight, &out), "U1001");
    }
    ps_buf_free(&out);
}

int main(void)
{
    reading();
    rounding();
    number_pictures();
    integer_pictures();
    calendar();
    dates();
    bounds();
    return check_report();
}
