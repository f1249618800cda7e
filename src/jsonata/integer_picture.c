/* integer_picture.c -- takes a picture of an integer apart: see integer_picture.h. */
#include "jsonata/integer_picture.h"

#include "jsonata/pictures.h"

#include <math.h>

/* The zeros of Unicode's families of decimal digits in the basic plane. */
static const uint16_t zeros[] = {
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6,
    0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0,
    0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
    0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
};

/* The zero of the digit's family; 0 where it is no digit. */
static uint32_t family_of(uint32_t code)
{
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
        if (code >= zeros[i] && code <= zeros[i] + 9u) {
            return zeros[i];
        }
    }
    return 0;
}

size_t ps_picture_gcd(size_t a, size_t b)
{
    while (b) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The distance at which the separators stand, all the same one; 0 where they do not. */
static size_t regular_distance(ps_jx_run *run, const ps_integer_separator *s, size_t count)
{
    if (count == 0) {
        return 0;
    }
    size_t distance = s[0].position;
    for (size_t i = 1; i < count; i++) {
        if (s[i].code != s[0].code) {
            return 0;
        }
        distance = ps_picture_gcd(distance, s[i].position);
    }
    ps_jx_burn(run, count);
    /* Positions grow, though not always: two separators may stand side by side. */
    size_t expected = 1;
    for (size_t i = 0; i < count && expected <= count; i++) {
        if (s[i].position == expected * distance) {
            expected++;
        }
    }
    return expected > count ? distance : 0;
}

static void read_digits(ps_jx_run *run, const ps_jx_call *call, ps_codes text,
                        ps_integer_picture *out)
{
    size_t mandatory = 0;
    size_t optional = 0;
    ps_jx_burn(run, text.len);
    out->separators = ps_jx_alloc(run, text.len * sizeof *out->separators);
    for (size_t i = text.len; i-- > 0;) {
        uint32_t zero = family_of(text.p[i]);
        if (zero) {
            mandatory++;
            if (out->zero && out->zero != zero) {
                ps_jx_fail(run, "D3131", call->at, call->name);
            }
            out->zero = zero;
        } else if (text.p[i] == '#') {
            optional++;
        } else {
            out->separators[out->separator_count++] =
                (ps_integer_separator){mandatory + optional, text.p[i]};
        }
    }
    if (mandatory == 0) {
        out->style = PS_INTEGER_SEQUENCE;
        out->token = text;
        return;
    }
    out->mandatory = (double)mandatory;
    out->optional = (double)optional;
    out->every = regular_distance(run, out->separators, out->separator_count);
}

ps_integer_picture ps_integer_picture_read(ps_jx_run *run, const ps_jx_call *call, ps_codes picture)
{
    static const struct {
        const char *text;
        ps_integer_style style;
        ps_letter_case letters;
    } words[] = {
        {"A", PS_INTEGER_LETTERS, PS_CASE_UPPER}, {"a", PS_INTEGER_LETTERS, PS_CASE_LOWER},
        {"I", PS_INTEGER_ROMAN, PS_CASE_UPPER},   {"i", PS_INTEGER_ROMAN, PS_CASE_LOWER},
        {"W", PS_INTEGER_WORDS, PS_CASE_UPPER},   {"Ww", PS_INTEGER_WORDS, PS_CASE_TITLE},
        {"w", PS_INTEGER_WORDS, PS_CASE_LOWER},
    };
    ps_integer_picture out = {.mandatory = NAN, .optional = NAN};
    uint32_t semicolon = ';';
    size_t end = ps_codes_find_last(picture, (ps_codes){&semicolon, 1, 0});
    ps_codes primary = picture;
    if (end != PS_CODES_NONE) {
        primary = ps_codes_part(picture, 0, end);
        out.ordinal = end + 1 < picture.len && picture.p[end + 1] == 'o';
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *text = words[i].text;
        if (primary.len == strlen(text) && primary.p[0] == (unsigned char)text[0] &&
            (primary.len == 1 || primary.p[1] == (unsigned char)text[1])) {
            out.style = words[i].style;
            out.letters = words[i].letters;
            return out;
        }
    }
    read_digits(run, call, primary, &out);
    return out;
}

_Noreturn void ps_integer_refuse(ps_jx_run *run, const ps_jx_call *call,
                                 const ps_integer_picture *picture)
{
    ps_jx_fields f = {.token = call->name, .value = ps_codes_string(run, picture->token)};
    ps_jx_throw(run, "D3130", call->at, &f);
}
