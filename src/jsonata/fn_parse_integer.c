/* fn_parse_integer.c -- $parseInteger: an integer read by its picture. The reference takes the text
 * for what the picture says without checking it: what does not fit is not a number. */
#include "base/utf8.h"
#include "jsonata/integer_picture.h"
#include "jsonata/number.h"
#include "jsonata/pictures.h"

#include <math.h>

/* Counts in UTF-16 units, as the reference does. */
static double parse_letters(ps_jx_run *run, ps_str text, double first)
{
    ps_codes t = ps_codes_read(run, text);
    ps_jx_burn(run, t.len);
    double n = 0;
    double place = 0;
    for (size_t i = t.len; i-- > 0;) {
        uint32_t code = t.p[i];
        if (code > 0xFFFF) {
            n += ((code & 0x3FF) + 0xDC00 - first + 1) * pow(26, place++);
            code = 0xD7C0 + (code >> 10);
        }
        n += (code - first + 1) * pow(26, place++);
    }
    return n;
}

static double parse_roman(ps_jx_run *run, ps_str text, bool upper)
{
    static const char letters[] = "MDCLXVI";
    static const double values[] = {1000, 500, 100, 50, 10, 5, 1};
    ps_jx_burn(run, text.len / 16);
    double n = 0;
    double most = 1;
    for (size_t i = text.len; i-- > 0;) {
        char c = text.p[i];
        c = (char)(!upper && c >= 'a' && c <= 'z' ? c - 0x20 : c);
        const char *letter = c ? strchr(letters, c) : NULL;
        if (!letter) {
            return NAN;
        }
        double value = values[letter - letters];
        if (value < most) {
            n -= value;
        } else {
            most = value;
            n += value;
        }
    }
    return n;
}

static double parse_words(ps_jx_run *run, ps_str text)
{
    ps_buf *lower = ps_jx_scratch(run);
    ps_jx_burn(run, text.len / 16);
    ps_buf_add(lower, text);
    for (size_t i = 0; i < lower->len; i++) {
        if (lower->p[i] >= 'A' && lower->p[i] <= 'Z') {
            lower->p[i] = (char)(lower->p[i] + 0x20);
        }
    }
    return ps_number_words_parse(run, ps_buf_str(lower));
}

static bool is_separator(const ps_integer_picture *picture, uint32_t code)
{
    if (picture->every) {
        /* Whatever stands in the picture, the reference takes commas out. */
        return code == ',';
    }
    for (size_t i = 0; i < picture->separator_count; i++) {
        if (picture->separators[i].code == code) {
            return true;
        }
    }
    return false;
}

static bool is_plain(const ps_integer_picture *picture, ps_str text)
{
    bool plain = picture->zero == '0' && !picture->ordinal && text.len > 0 && text.len <= 15;
    for (size_t i = 0; plain && i < text.len; i++) {
        plain = text.p[i] >= '0' && text.p[i] <= '9' && !is_separator(picture, (uint32_t)text.p[i]);
    }
    return plain;
}

static double parse_decimal(ps_jx_run *run, const ps_jx_call *call,
                            const ps_integer_picture *picture, ps_str text)
{
    if (is_plain(picture, text)) {
        return ps_number_read(text);
    }
    ps_codes t = ps_codes_read(run, text);
    if (picture->ordinal) {
        t.len = t.len < 2 ? 0 : t.len - 2;
    }
    ps_jx_burn(run, t.len * (1 + picture->separator_count / 16));
    ps_codes digits = {.p = t.p};
    for (size_t i = 0; i < t.len; i++) {
        if (is_separator(picture, t.p[i])) {
            continue;
        }
        if (t.p[i] + '0' < picture->zero) {
            ps_jx_fields f = {.token = call->name,
                              .message = PS_STR("Invalid code point: a digit of another family "
                                                "than the picture's")};
            ps_jx_throw(run, "D3137", call->at, &f);
        }
        digits.p[digits.len++] = t.p[i] - picture->zero + '0';
    }
    return ps_number_parse_int(ps_jx_str(ps_codes_string(run, digits)));
}

double ps_integer_parse(ps_jx_run *run, const ps_jx_call *call, const ps_integer_picture *picture,
                        ps_str text)
{
    bool upper = picture->letters == PS_CASE_UPPER;
    switch (picture->style) {
    case PS_INTEGER_LETTERS:
        return parse_letters(run, text, upper ? 'A' : 'a');
    case PS_INTEGER_ROMAN:
        return parse_roman(run, text, upper);
    case PS_INTEGER_WORDS:
        return parse_words(run, text);
    case PS_INTEGER_DECIMAL:
        return parse_decimal(run, call, picture, text);
    case PS_INTEGER_SEQUENCE:
        break;
    }
    ps_integer_refuse(run, call, picture);
}

ps_jx ps_jx_parse_integer(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (!ps_jx_is(args[0], PS_JX_STRING)) {
        return PS_JX_NOTHING;
    }
    ps_picture_missing(run, call, args[1]);
    ps_integer_picture picture =
        ps_integer_picture_read(run, call, ps_codes_read(run, ps_jx_str(args[1])));
    return ps_jx_number(ps_integer_parse(run, call, &picture, ps_jx_str(args[0])));
}
