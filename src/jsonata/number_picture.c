/* number_picture.c -- takes a picture of a number apart: see number_picture.h. */
#include "jsonata/number_picture.h"

#include "jsonata/pictures.h"

typedef struct parts {
    ps_codes text, prefix, suffix, active, mantissa, exponent, integer, fraction;
    bool has_exponent;
} parts;

static bool is_one(ps_codes option, uint32_t code)
{
    return option.len == 1 && option.p[0] == code;
}

static bool is_active(const ps_decimal_format *f, uint32_t code)
{
    return ps_format_is_digit(f, code) || is_one(f->decimal, code) || is_one(f->exponent, code) ||
           is_one(f->grouping, code) || is_one(f->digit, code) || is_one(f->pattern, code);
}

static bool bounds_affix(const ps_decimal_format *f, uint32_t code)
{
    return is_active(f, code) && !is_one(f->exponent, code);
}

static parts split(const ps_decimal_format *f, ps_codes text)
{
    parts p = {.text = text};
    size_t start = 0;
    while (start < text.len && !bounds_affix(f, text.p[start])) {
        start++;
    }
    size_t end = text.len;
    while (end > 0 && !bounds_affix(f, text.p[end - 1])) {
        end--;
    }
    if (end == 0) {
        start = 0;
        end = text.len;
    }
    p.prefix = ps_codes_part(text, 0, start);
    p.suffix = ps_codes_part(text, end, text.len);
    p.active = ps_codes_part(text, start, end);
    size_t exponent = ps_codes_find(text, f->exponent, start);
    p.mantissa = p.active;
    if (exponent != PS_CODES_NONE && exponent <= end) {
        /* A place in the whole picture, used as one in its active part; it counts UTF-16 units. */
        for (size_t i = 0; i < start; i++) {
            exponent += text.p[i] > 0xFFFF;
        }
        p.mantissa = ps_codes_part(p.active, 0, exponent);
        p.exponent = ps_codes_part(p.active, exponent + 1, p.active.len);
        p.has_exponent = true;
    }
    size_t point = ps_codes_find(p.mantissa, f->decimal, 0);
    if (point == PS_CODES_NONE) {
        p.integer = p.mantissa;
        p.fraction = p.suffix;
    } else {
        p.integer = ps_codes_part(p.mantissa, 0, point);
        p.fraction = ps_codes_part(p.mantissa, point + 1, p.mantissa.len);
    }
    return p;
}

static size_t count_digits(const ps_decimal_format *f, ps_codes t, bool optional_too)
{
    size_t count = 0;
    for (size_t i = 0; i < t.len; i++) {
        count += ps_format_is_digit(f, t.p[i]) || (optional_too && is_one(f->digit, t.p[i]));
    }
    return count;
}

static bool all_active(const ps_decimal_format *f, ps_codes t)
{
    for (size_t i = 0; i < t.len; i++) {
        if (!is_active(f, t.p[i])) {
            return false;
        }
    }
    return true;
}

static bool has_two(ps_codes t, ps_codes what)
{
    return ps_codes_find(t, what, 0) != ps_codes_find_last(t, what);
}

/* Whether `option` stands twice in a row. */
static bool has_pair(ps_codes t, ps_codes option)
{
    for (size_t at = 0; (at = ps_codes_find(t, option, at)) != PS_CODES_NONE; at++) {
        ps_codes behind = ps_codes_part(t, at + option.len, at + 2 * option.len);
        if (ps_codes_equal(behind, option)) {
            return true;
        }
    }
    return false;
}

/* The code of what is wrong, the last one where there is more; NULL. */
static const char *check(const ps_decimal_format *f, const parts *p)
{
    const char *code = NULL;
    size_t point = ps_codes_find(p->text, f->decimal, 0);
    bool percent = ps_codes_find(p->text, f->percent, 0) != PS_CODES_NONE;
    bool per_mille = ps_codes_find(p->text, f->per_mille, 0) != PS_CODES_NONE;
    code = has_two(p->text, f->decimal) ? "D3081" : code;
    code = has_two(p->text, f->percent) ? "D3082" : code;
    code = has_two(p->text, f->per_mille) ? "D3083" : code;
    code = percent && per_mille ? "D3084" : code;
    code = count_digits(f, p->mantissa, true) == 0 ? "D3085" : code;
    code = !all_active(f, p->active) ? "D3086" : code;
    if (point != PS_CODES_NONE) {
        ps_codes before = point ? ps_codes_at(p->text, point - 1) : (ps_codes){0};
        ps_codes behind = ps_codes_at(p->text, point + 1);
        if (ps_codes_equal(before, f->grouping) || ps_codes_equal(behind, f->grouping)) {
            code = "D3087";
        }
    } else {
        ps_codes last =
            p->integer.len ? ps_codes_at(p->integer, p->integer.len - 1) : (ps_codes){0};
        code = ps_codes_equal(last, f->grouping) ? "D3088" : code;
    }
    code = has_pair(p->text, f->grouping) ? "D3089" : code;
    size_t optional = ps_codes_find(p->integer, f->digit, 0);
    if (optional != PS_CODES_NONE &&
        count_digits(f, ps_codes_part(p->integer, 0, optional), false) > 0) {
        code = "D3090";
    }
    optional = ps_codes_find_last(p->fraction, f->digit);
    if (optional != PS_CODES_NONE &&
        count_digits(f, ps_codes_part(p->fraction, optional, p->fraction.len), false) > 0) {
        code = "D3091";
    }
    code = p->exponent.len && (percent || per_mille) ? "D3092" : code;
    if (p->has_exponent &&
        (p->exponent.len == 0 || count_digits(f, p->exponent, false) < p->exponent.len)) {
        code = "D3093";
    }
    return code;
}

/* How many digits stand to the right of each separator, or to the left. After the first one it is
 * the integer part that is searched for the next, also for the fraction. */
static size_t *grouping(ps_jx_run *run, const ps_decimal_format *f, ps_codes part, ps_codes integer,
                        bool to_left, size_t *count)
{
    size_t *places = ps_jx_alloc(run, (part.len + integer.len) * sizeof *places);
    size_t at = ps_codes_find(part, f->grouping, 0);
    while (at != PS_CODES_NONE) {
        ps_jx_burn(run, part.len / 4 + 1);
        ps_codes side = to_left ? ps_codes_part(part, 0, at) : ps_codes_part(part, at, part.len);
        places[(*count)++] = count_digits(f, side, true);
        at = ps_codes_find(integer, f->grouping, at + 1);
    }
    return places;
}

/* Positions fall from left to right. */
static size_t regular_distance(const size_t *places, size_t count)
{
    size_t distance = 0;
    for (size_t i = 0; i < count; i++) {
        distance = ps_picture_gcd(places[i], distance);
    }
    size_t expected = 1;
    for (size_t i = count; i > 0; i--) {
        if (places[i - 1] == expected * distance) {
            expected++;
        }
    }
    return expected > count ? distance : 0;
}

ps_number_picture ps_number_picture_read(ps_jx_run *run, const ps_jx_call *call,
                                         const ps_decimal_format *f, ps_codes text)
{
    ps_jx_burn(run, text.len * 2 + 20);
    parts p = split(f, text);
    const char *code = check(f, &p);
    if (code) {
        ps_jx_fail(run, code, call->at, call->name);
    }
    ps_number_picture out = {.text = text, .prefix = p.prefix, .suffix = p.suffix};
    out.grouping = grouping(run, f, p.integer, p.integer, false, &out.grouping_count);
    out.every = regular_distance(out.grouping, out.grouping_count);
    out.fraction_grouping =
        grouping(run, f, p.fraction, p.integer, true, &out.fraction_grouping_count);
    out.integer_min = count_digits(f, p.integer, false);
    out.scaling = out.integer_min;
    out.fraction_min = count_digits(f, p.fraction, false);
    out.fraction_max = count_digits(f, p.fraction, true);
    if (out.integer_min == 0 && out.fraction_max == 0) {
        if (p.has_exponent) {
            out.fraction_min = 1;
            out.fraction_max = 1;
        } else {
            out.integer_min = 1;
        }
    }
    if (p.has_exponent && out.integer_min == 0 &&
        ps_codes_find(p.integer, f->digit, 0) != PS_CODES_NONE) {
        out.integer_min = 1;
    }
    if (out.integer_min == 0 && out.fraction_min == 0) {
        out.fraction_min = 1;
    }
    out.exponent_min = count_digits(f, p.exponent, false);
    out.exponent = out.exponent_min > 0;
    return out;
}
