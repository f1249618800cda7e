/* number_words.c -- numbers in English words: written, and read. */
#include "jsonata/integer_picture.h"

#include <math.h>

static const char *const small[] = {
    "Zero",     "One",     "Two",     "Three",     "Four",     "Five",     "Six",
    "Seven",    "Eight",   "Nine",    "Ten",       "Eleven",   "Twelve",   "Thirteen",
    "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
};
static const char *const small_ordinals[] = {
    "Zeroth",     "First",     "Second",    "Third",       "Fourth",     "Fifth",      "Sixth",
    "Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",    "Thirteenth",
    "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth",
};
static const char *const tens[] = {"Twenty", "Thirty",  "Forty",  "Fifty",
                                   "Sixty",  "Seventy", "Eighty", "Ninety"};
static const char *const magnitudes[] = {"Thousand", "Million", "Billion", "Trillion"};

/* -- writing --------------------------------------------------------------------------------- */

static void add(ps_jx_run *run, ps_codes *out, const char *text)
{
    for (; *text; text++) {
        ps_codes_add(run, out, (unsigned char)*text);
    }
}

/* What stands before: nothing, or words of a greater magnitude. */
static void print(ps_jx_run *run, double n, bool behind, bool ordinal, ps_codes *out);

static void print_below_hundred(ps_jx_run *run, size_t n, bool ordinal, ps_codes *out)
{
    if (n < 20) {
        add(run, out, ordinal ? small_ordinals[n] : small[n]);
        return;
    }
    add(run, out, tens[n / 10 - 2]);
    if (n % 10) {
        add(run, out, "-");
        print_below_hundred(run, n % 10, ordinal, out);
    } else if (ordinal) {
        out->len--;
        add(run, out, "ieth");
    }
}

static void print_rest(ps_jx_run *run, double rest, bool ordinal, ps_codes *out)
{
    if (rest > 0) {
        print(run, rest, true, ordinal, out);
    } else if (ordinal) {
        add(run, out, "th");
    }
}

static void print(ps_jx_run *run, double n, bool behind, bool ordinal, ps_codes *out)
{
    ps_jx_burn(run, 1);
    if (n < 100) {
        add(run, out, behind ? " and " : "");
        print_below_hundred(run, (size_t)n, ordinal, out);
        return;
    }
    add(run, out, behind ? ", " : "");
    if (n < 1000) {
        add(run, out, small[(size_t)n / 100]);
        add(run, out, " Hundred");
        print_rest(run, fmod(n, 100), ordinal, out);
        return;
    }
    /* Beyond the largest word its factor has words of its own: "one thousand trillion". */
    size_t magnitude = (size_t)(log10(n) / 3);
    magnitude = magnitude > 4 ? 4 : magnitude;
    static const double factors[] = {1, 1e3, 1e6, 1e9, 1e12};
    double factor = factors[magnitude];
    double whole = floor(n / factor);
    print(run, whole, false, false, out);
    add(run, out, " ");
    add(run, out, magnitudes[magnitude - 1]);
    print_rest(run, n - whole * factor, ordinal, out);
}

void ps_number_words_print(ps_jx_run *run, double n, bool ordinal, ps_codes *out)
{
    print(run, n, false, ordinal, out);
}

/* -- reading --------------------------------------------------------------------------------- */

/* In the order in which the reference tries them. */
static const struct {
    const char *text;
    double value;
} words[] = {
    {"zero", 0},         {"one", 1},          {"two", 2},           {"three", 3},
    {"four", 4},         {"five", 5},         {"six", 6},           {"seven", 7},
    {"eight", 8},        {"nine", 9},         {"ten", 10},          {"eleven", 11},
    {"twelve", 12},      {"thirteen", 13},    {"fourteen", 14},     {"fifteen", 15},
    {"sixteen", 16},     {"seventeen", 17},   {"eighteen", 18},     {"nineteen", 19},
    {"zeroth", 0},       {"first", 1},        {"second", 2},        {"third", 3},
    {"fourth", 4},       {"fifth", 5},        {"sixth", 6},         {"seventh", 7},
    {"eighth", 8},       {"ninth", 9},        {"tenth", 10},        {"eleventh", 11},
    {"twelfth", 12},     {"thirteenth", 13},  {"fourteenth", 14},   {"fifteenth", 15},
    {"sixteenth", 16},   {"seventeenth", 17}, {"eighteenth", 18},   {"nineteenth", 19},
    {"twenty", 20},      {"twentieth", 20},   {"thirty", 30},       {"thirtieth", 30},
    {"forty", 40},       {"fortieth", 40},    {"fifty", 50},        {"fiftieth", 50},
    {"sixty", 60},       {"sixtieth", 60},    {"seventy", 70},      {"seventieth", 70},
    {"eighty", 80},      {"eightieth", 80},   {"ninety", 90},       {"ninetieth", 90},
    {"hundred", 100},    {"hundreieth", 100}, {"hundredth", 100},   {"thousand", 1e3},
    {"thousandth", 1e3}, {"million", 1e6},    {"millionth", 1e6},   {"billion", 1e9},
    {"billionth", 1e9},  {"trillion", 1e12},  {"trillionth", 1e12},
};

const size_t ps_number_word_count = sizeof words / sizeof *words;

ps_str ps_number_word_at(size_t i)
{
    return ps_str_from(words[i].text);
}

static double value_of(ps_str word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (ps_str_equal(word, ps_str_from(words[i].text))) {
            return words[i].value;
        }
    }
    return NAN;
}

/* The length of what separates words at `at`: ", ", " and ", white space, '-' or '\'; 0: nothing.
 * White space is what JavaScript takes for it. */
static size_t separator_at(ps_codes t, size_t at)
{
    static const uint32_t and[] = {'a', 'n', 'd'};
    uint32_t code = t.p[at];
    if (code == ',' && at + 1 < t.len && ps_code_is_space(t.p[at + 1])) {
        return 2;
    }
    if (ps_code_is_space(code)) {
        bool is_and = at + 4 < t.len && memcmp(t.p + at + 1, and, sizeof and) == 0 &&
                      ps_code_is_space(t.p[at + 4]);
        return is_and ? 5 : 1;
    }
    return code == '-' || code == '\\';
}

static double word_value(ps_codes t, size_t from, size_t to)
{
    char text[16];
    if (to - from > sizeof text) {
        return NAN;
    }
    for (size_t i = from; i < to; i++) {
        if (t.p[i] > 0x7F) {
            return NAN;
        }
        text[i - from] = (char)t.p[i];
    }
    return value_of((ps_str){text, to - from});
}

double ps_number_words_parse(ps_jx_run *run, ps_str text)
{
    ps_codes t = ps_codes_read(run, text);
    ps_jx_burn(run, t.len);
    double total = 0;
    double group = 0; /* what a magnitude behind it still multiplies */
    size_t from = 0;
    for (size_t at = 0; at <= t.len;) {
        size_t separator = at < t.len ? separator_at(t, at) : 1;
        if (separator == 0) {
            at++;
            continue;
        }
        double value = word_value(t, from, at);
        if (value < 100) {
            if (group >= 1000) {
                total += group;
                group = 0;
            }
            group += value;
        } else {
            group *= value;
        }
        at += separator;
        from = at;
    }
    return total + group;
}
