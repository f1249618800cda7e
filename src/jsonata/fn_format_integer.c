/* fn_format_integer.c -- $formatInteger: an integer by its picture. */
#include "jsonata/eval.h"
#include "jsonata/integer_picture.h"
#include "jsonata/number.h"
#include "jsonata/pictures.h"

#include <math.h>

static ps_codes one(uint32_t *code)
{
    return (ps_codes){code, 1, 0};
}

static void add_ascii(ps_jx_run *run, ps_codes *out, const char *text)
{
    for (; *text; text++) {
        ps_codes_add(run, out, (unsigned char)*text);
    }
}

static void print_letters(ps_jx_run *run, double n, uint32_t first, ps_codes *out)
{
    while (n > 0) {
        uint32_t letter = first + (uint32_t)fmod(n - 1, 26);
        ps_codes_insert(run, out, 0, one(&letter), 1);
        n = floor((n - 1) / 26);
    }
}

static void print_roman(ps_jx_run *run, double n, ps_codes *out)
{
    static const struct {
        double value;
        const char *text;
    } numerals[] = {{900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"},
                    {40, "xl"},  {10, "x"},  {9, "ix"},   {5, "v"},   {4, "iv"},  {1, "i"}};
    double thousands = n >= 1000 ? floor(n / 1000) : 0;
    if (thousands >= (double)run->bounds.bytes) {
        ps_jx_too_large(run);
    }
    uint32_t m = 'm';
    ps_codes_insert(run, out, 0, one(&m), (size_t)thousands);
    n -= thousands * 1000;
    for (size_t i = 0; i < sizeof numerals / sizeof *numerals; i++) {
        while (n >= numerals[i].value) {
            add_ascii(run, out, numerals[i].text);
            n -= numerals[i].value;
        }
    }
}

/* Places count from the right and may lie left of the first digit, where the reference goes on
 * from the right end again. */
static void separate(ps_jx_run *run, ps_codes *out, size_t position, uint32_t *code)
{
    if (position <= out->len) {
        ps_codes_insert(run, out, out->len - position, one(code), 1);
        return;
    }
    size_t beyond = position - out->len;
    *out = ps_codes_part(*out, out->len - (beyond < out->len ? beyond : out->len), out->len);
    ps_codes_insert(run, out, 0, one(code), 1);
}

static void print_separators(ps_jx_run *run, const ps_integer_picture *picture, ps_codes *out)
{
    if (picture->every) {
        uint32_t code = picture->separators[0].code;
        size_t digits = out->len;
        for (size_t n = digits ? (digits - 1) / picture->every : 0; n > 0; n--) {
            /* Those to the left are in already. */
            size_t at = digits - n * picture->every + (out->len - digits);
            ps_codes_insert(run, out, at, one(&code), 1);
        }
        return;
    }
    for (size_t i = picture->separator_count; i > 0; i--) {
        uint32_t code = picture->separators[i - 1].code;
        separate(run, out, picture->separators[i - 1].position, &code);
    }
}

static const char *ordinal_suffix(ps_codes digits)
{
    uint32_t last = digits.p[digits.len - 1];
    bool teen = digits.len > 1 && digits.p[digits.len - 2] == '1';
    if (teen || last < '1' || last > '3') {
        return "th";
    }
    return last == '1' ? "st" : last == '2' ? "nd" : "rd";
}

static void print_digits(ps_jx_run *run, double n, ps_codes *out)
{
    if (n < 1e15) {
        uint32_t digits[16];
        size_t at = 16;
        uint64_t rest = (uint64_t)n;
        do {
            digits[--at] = (uint32_t)('0' + rest % 10);
            rest /= 10;
        } while (rest);
        ps_codes_insert(run, out, out->len, (ps_codes){digits + at, 16 - at, 0}, 1);
        return;
    }
    ps_buf *text = ps_jx_scratch(run);
    ps_double_print_js(n, text);
    for (size_t i = 0; i < text->len; i++) {
        ps_codes_add(run, out, (unsigned char)text->p[i]);
    }
}

static void print_decimal(ps_jx_run *run, const ps_integer_picture *picture, double n,
                          ps_codes *out)
{
    print_digits(run, n, out);
    double pad = picture->mandatory - (double)out->len;
    if (pad > (double)run->bounds.bytes) {
        ps_jx_too_large(run);
    }
    uint32_t zero = '0';
    if (pad > 0) {
        ps_codes_insert(run, out, 0, one(&zero), (size_t)pad);
    }
    for (size_t i = 0; i < out->len; i++) {
        out->p[i] += picture->zero - '0';
    }
    print_separators(run, picture, out);
    if (picture->ordinal) {
        add_ascii(run, out, ordinal_suffix(*out));
    }
}

static void to_case(ps_codes *t, size_t from, bool upper)
{
    for (size_t i = from; i < t->len; i++) {
        uint32_t c = t->p[i];
        if (upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z') {
            t->p[i] = c ^ 0x20;
        }
    }
}

void ps_integer_print(ps_jx_run *run, const ps_jx_call *call, const ps_integer_picture *picture,
                      double n, ps_codes *out)
{
    uint32_t room[32] = {0};
    ps_codes text = {room, 0, 32};
    bool upper = picture->letters == PS_CASE_UPPER;
    double size = fabs(n);
    bool decimal = picture->style == PS_INTEGER_DECIMAL || picture->style == PS_INTEGER_SEQUENCE;
    if ((isinf(size) && !decimal) || (isnan(size) && picture->style == PS_INTEGER_WORDS)) {
        ps_jx_fields f = {.token = call->name, .value = ps_jx_number(n)};
        ps_jx_throw(run, "D1001", call->at, &f);
    }
    switch (picture->style) {
    case PS_INTEGER_LETTERS:
        print_letters(run, size, upper ? 'A' : 'a', &text);
        break;
    case PS_INTEGER_ROMAN:
        print_roman(run, size, &text);
        if (upper) {
            to_case(&text, 0, true);
        }
        break;
    case PS_INTEGER_WORDS:
        ps_number_words_print(run, size, picture->ordinal, &text);
        if (picture->letters != PS_CASE_TITLE) {
            to_case(&text, 0, upper);
        }
        break;
    case PS_INTEGER_DECIMAL:
        print_decimal(run, picture, size, &text);
        break;
    case PS_INTEGER_SEQUENCE:
        ps_integer_refuse(run, call, picture);
    }
    if (n < 0) {
        ps_codes_add(run, out, '-');
    }
    ps_codes_insert(run, out, out->len, text, 1);
}

void ps_picture_missing(ps_jx_run *run, const ps_jx_call *call, ps_jx picture)
{
    if (!ps_jx_is(picture, PS_JX_STRING)) {
        ps_jx_fields f = {.token = call->name, .index = 2, .value = picture};
        ps_jx_throw(run, "T0410", call->at, &f);
    }
}

static ps_jx fn_format_integer(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (!ps_jx_is(args[0], PS_JX_NUMBER)) {
        return PS_JX_NOTHING;
    }
    ps_picture_missing(run, call, args[1]);
    ps_integer_picture picture =
        ps_integer_picture_read(run, call, ps_codes_read(run, ps_jx_str(args[1])));
    ps_codes out = {0};
    ps_integer_print(run, call, &picture, floor(ps_jx_double(args[0])), &out);
    return ps_codes_string(run, out);
}

const ps_jx_native ps_jx_picture_functions[] = {
    {"formatNumber", "<n-so?:s>", ps_jx_format_number, 3},
    {"formatInteger", "<n-s:s>", fn_format_integer, 2},
    {"parseInteger", "<s-s:n>", ps_jx_parse_integer, 2},
    {0},
};
