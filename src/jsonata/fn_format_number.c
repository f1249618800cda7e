/* fn_format_number.c -- $formatNumber: a number by its picture. */
#include "jsonata/number.h"
#include "jsonata/number_picture.h"
#include "jsonata/pictures.h"

#include <math.h>

/* -- the decimal format ---------------------------------------------------------------------- */

static ps_codes option_text(ps_jx_run *run, ps_jx v)
{
    if (ps_jx_is(v, PS_JX_STRING)) {
        return ps_codes_read(run, ps_jx_str(v));
    }
    ps_buf *out = ps_jx_scratch(run);
    ps_jx_print(run, v, false, out);
    return ps_codes_read(run, ps_buf_str(out));
}

static ps_decimal_format read_format(ps_jx_run *run, const ps_jx_call *call, ps_jx options)
{
    ps_decimal_format f;
    const struct {
        ps_str name;
        ps_str usual;
        ps_codes *to;
    } all[] = {
        {PS_STR("decimal-separator"), PS_STR("."), &f.decimal},
        {PS_STR("grouping-separator"), PS_STR(","), &f.grouping},
        {PS_STR("exponent-separator"), PS_STR("e"), &f.exponent},
        {PS_STR("minus-sign"), PS_STR("-"), &f.minus},
        {PS_STR("percent"), PS_STR("%"), &f.percent},
        {PS_STR("per-mille"), PS_STR("\xE2\x80\xB0"), &f.per_mille},
        {PS_STR("zero-digit"), PS_STR("0"), &f.zero},
        {PS_STR("digit"), PS_STR("#"), &f.digit},
        {PS_STR("pattern-separator"), PS_STR(";"), &f.pattern},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ps_jx v = ps_jx_is(options, PS_JX_OBJECT) ? ps_jx_get(options, all[i].name) : PS_JX_NOTHING;
        *all[i].to =
            ps_jx_is(v, PS_JX_UNDEFINED) ? ps_codes_read(run, all[i].usual) : option_text(run, v);
    }
    if (f.zero.len == 0) {
        ps_jx_fields error = {.token = call->name,
                              .message = PS_STR("The zero-digit must be a character")};
        ps_jx_throw(run, "D3137", call->at, &error);
    }
    f.zero_code = f.zero.p[0];
    return f;
}

/* Searching for long options in a long picture takes long. */
static void charge(ps_jx_run *run, const ps_decimal_format *f, ps_codes picture)
{
    size_t options = f->decimal.len + f->grouping.len + f->exponent.len + f->percent.len +
                     f->per_mille.len + f->digit.len + f->pattern.len;
    ps_jx_burn(run, options / 16 * picture.len);
}

/* The one or two sub-pictures; D3080 for more. */
static size_t split(ps_jx_run *run, const ps_jx_call *call, ps_codes picture, ps_codes separator,
                    ps_codes to[2])
{
    size_t from = 0;
    for (size_t count = 0; count < 2; count++) {
        size_t at = separator.len ? ps_codes_find(picture, separator, from) : from + 1;
        if (separator.len == 0 && from == picture.len) {
            return count;
        }
        to[count] = ps_codes_part(picture, from, at);
        if (at == PS_CODES_NONE) {
            return count + 1;
        }
        from = at + separator.len;
    }
    if (separator.len > 0 || from < picture.len) {
        ps_jx_fail(run, "D3080", call->at, call->name);
    }
    return 2;
}

/* -- the number ------------------------------------------------------------------------------ */

static _Noreturn void too_many_digits(ps_jx_run *run, const ps_jx_call *call)
{
    ps_jx_fields f = {.token = call->name,
                      .message = PS_STR("toFixed() digits argument must be between 0 and 100")};
    ps_jx_throw(run, "D3137", call->at, &f);
}

/* The digits of |n| in the family that the format asks for. */
static ps_codes print_fixed(ps_jx_run *run, const ps_decimal_format *f, double n, size_t digits)
{
    ps_buf *text = ps_jx_scratch(run);
    ps_number_print_fixed(fabs(n), digits, text);
    ps_codes out = ps_codes_read(run, ps_buf_str(text));
    uint32_t zero = '0';
    if (!ps_codes_equal(f->zero, (ps_codes){&zero, 1, 0})) {
        for (size_t i = 0; i < out.len; i++) {
            if (out.p[i] >= '0' && out.p[i] <= '9') {
                out.p[i] += f->zero_code - '0';
            }
        }
    }
    return out;
}

/* n = *mantissa * 10^exponent, the mantissa with as many digits before the point as asked for. */
static double scale(ps_jx_run *run, const ps_jx_call *call, size_t digits, double *mantissa)
{
    double most = pow(10, (double)digits);
    double least = pow(10, (double)digits - 1);
    double exponent = 0;
    if (isinf(*mantissa)) {
        ps_jx_fields f = {.token = call->name, .value = ps_jx_number(*mantissa)};
        ps_jx_throw(run, "D1001", call->at, &f);
    }
    if (*mantissa == 0) {
        return 0;
    }
    for (; fabs(*mantissa) < least; exponent--) {
        *mantissa *= 10;
    }
    for (; fabs(*mantissa) > most; exponent++) {
        *mantissa /= 10;
    }
    return exponent;
}

static bool starts_with_zero(const ps_decimal_format *f, ps_codes t)
{
    return t.len > 0 && f->zero.len == 1 && t.p[0] == f->zero_code;
}

/* Puts a separator in as JavaScript's slice does with what may be a negative place. */
static void insert_at(ps_jx_run *run, ps_codes *t, ptrdiff_t at, ps_codes separator)
{
    ptrdiff_t place = at >= 0 ? at : at + (ptrdiff_t)t->len;
    place = place < 0 ? 0 : place > (ptrdiff_t)t->len ? (ptrdiff_t)t->len : place;
    ps_codes_insert(run, t, (size_t)place, separator, 1);
}

static void group(ps_jx_run *run, const ps_decimal_format *f, const ps_number_picture *p,
                  ps_codes *t)
{
    ptrdiff_t point = (ptrdiff_t)ps_codes_find(*t, f->decimal, 0);
    if (p->every) {
        ptrdiff_t every = (ptrdiff_t)p->every;
        for (ptrdiff_t n = 1; n <= (point - 1) / every; n++) {
            insert_at(run, t, point - n * every, f->grouping);
        }
    } else {
        for (size_t i = 0; i < p->grouping_count; i++) {
            insert_at(run, t, point - (ptrdiff_t)p->grouping[i], f->grouping);
            point++;
        }
    }
    point = (ptrdiff_t)ps_codes_find(*t, f->decimal, 0);
    for (size_t i = 0; i < p->fraction_grouping_count; i++) {
        insert_at(run, t, (ptrdiff_t)p->fraction_grouping[i] + point + 1, f->grouping);
    }
}

/* Digits, separators and point, without affixes and exponent. */
static ps_codes print_mantissa(ps_jx_run *run, const ps_decimal_format *f,
                               const ps_number_picture *p, double n)
{
    ps_codes t = print_fixed(run, f, n, p->fraction_max);
    uint32_t dot = '.';
    size_t point = ps_codes_find(t, (ps_codes){&dot, 1, 0}, 0);
    if (point == PS_CODES_NONE) {
        ps_codes_insert(run, &t, t.len, f->decimal, 1);
    } else if (f->decimal.len == 1) {
        t.p[point] = f->decimal.p[0];
    } else {
        memmove(t.p + point, t.p + point + 1, (t.len - point - 1) * sizeof *t.p);
        t.len--;
        ps_codes_insert(run, &t, point, f->decimal, 1);
    }
    while (starts_with_zero(f, t)) {
        t = ps_codes_part(t, 1, t.len);
    }
    while (starts_with_zero(f, ps_codes_part(t, t.len - (t.len > 0), t.len))) {
        t.len--;
    }
    ptrdiff_t at = (ptrdiff_t)ps_codes_find(t, f->decimal, 0);
    ptrdiff_t left = (ptrdiff_t)p->integer_min - at;
    ptrdiff_t right = (ptrdiff_t)p->fraction_min - ((ptrdiff_t)t.len - at - 1);
    if (left > 0) {
        ps_codes_insert(run, &t, 0, f->zero, (size_t)left);
    }
    if (right > 0) {
        ps_codes_insert(run, &t, t.len, f->zero, (size_t)right);
    }
    group(run, f, p, &t);
    size_t last = ps_codes_find(t, f->decimal, 0);
    if (t.len > 0 &&
        (ps_codes_find(p->text, f->decimal, 0) == PS_CODES_NONE || last == t.len - 1)) {
        t.len--;
    }
    return t;
}

static ps_codes print(ps_jx_run *run, const ps_jx_call *call, const ps_decimal_format *f,
                      const ps_number_picture *p, double n)
{
    if (ps_codes_find(p->text, f->percent, 0) != PS_CODES_NONE) {
        n *= 100;
    } else if (ps_codes_find(p->text, f->per_mille, 0) != PS_CODES_NONE) {
        n *= 1000;
    }
    double exponent = p->exponent ? scale(run, call, p->scaling, &n) : 0;
    if (p->fraction_max > PS_FIXED_DIGITS) {
        too_many_digits(run, call);
    }
    ps_codes t = print_mantissa(run, f, p, ps_number_round(n, (double)p->fraction_max));
    if (p->exponent) {
        ps_codes digits = print_fixed(run, f, exponent, 0);
        if (p->exponent_min > digits.len) {
            ps_codes_insert(run, &digits, 0, f->zero, p->exponent_min - digits.len);
        }
        ps_codes_insert(run, &t, t.len, f->exponent, 1);
        ps_codes_insert(run, &t, t.len, f->minus, exponent < 0);
        ps_codes_insert(run, &t, t.len, digits, 1);
    }
    return t;
}

ps_jx ps_jx_format_number(ps_jx_run *run, const ps_jx_call *call, ps_jx *args, size_t count)
{
    (void)count;
    if (!ps_jx_is(args[0], PS_JX_NUMBER)) {
        return PS_JX_NOTHING;
    }
    ps_picture_missing(run, call, args[1]);
    double n = ps_jx_double(args[0]);
    ps_decimal_format f = read_format(run, call, args[2]);
    ps_codes picture = ps_codes_read(run, ps_jx_str(args[1]));
    charge(run, &f, picture);
    ps_codes texts[2];
    size_t pictures = split(run, call, picture, f.pattern, texts);
    if (pictures == 0) {
        return ps_jx_slice(PS_STR(""));
    }
    ps_number_picture both[2];
    for (size_t i = 0; i < pictures; i++) {
        both[i] = ps_number_picture_read(run, call, &f, texts[i]);
    }
    const ps_number_picture *p = n >= 0 || pictures == 1 ? &both[0] : &both[1];
    ps_codes out = {0};
    if (!(n >= 0) && pictures == 1) {
        ps_codes_insert(run, &out, 0, f.minus, 1);
    }
    ps_codes_insert(run, &out, out.len, p->prefix, 1);
    ps_codes_insert(run, &out, out.len, print(run, call, &f, p, n), 1);
    ps_codes_insert(run, &out, out.len, p->suffix, 1);
    return ps_codes_string(run, out);
}
