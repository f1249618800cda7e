/* print.c -- $string's text of a value: JSON as JavaScript writes it, numbers with 15 digits. */
#include "jsonata/eval.h"
#include "value/json.h"

#include <math.h>

/* -- fifteen digits --------------------------------------------------------------------------- */

enum { DIGITS = 15, LIMBS = 40 };

/* A natural number large enough for the exact size of any double's digits. */
typedef struct natural {
    uint32_t limb[LIMBS];
    size_t count;
} natural;

static void multiply(natural *n, uint32_t by)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < n->count; i++) {
        carry += (uint64_t)n->limb[i] * by;
        n->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry && n->count < LIMBS) {
        n->limb[n->count++] = (uint32_t)carry;
    }
}

static natural natural_of(uint64_t n)
{
    return (natural){.limb = {(uint32_t)n, (uint32_t)(n >> 32)}, .count = n >> 32 ? 2 : 1};
}

static int compare(const natural *a, const natural *b)
{
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (size_t i = a->count; i-- > 0;) {
        if (a->limb[i] != b->limb[i]) {
            return a->limb[i] < b->limb[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Whether `d` > 0 is at least digits * 10^exponent, exactly. */
static bool at_least(double d, uint64_t digits, int exponent)
{
    int two;
    uint64_t fraction = (uint64_t)ldexp(frexp(d, &two), 53);
    natural a = natural_of(fraction), b = natural_of(digits);
    /* fraction * 2^(two - 53) against digits * 2^exponent * 5^exponent */
    for (int i = 0; i < exponent; i++) {
        multiply(&b, 5);
    }
    for (int i = 0; i > exponent; i--) {
        multiply(&a, 5);
    }
    int shift = two - 53 - exponent;
    for (; shift > 0; shift--) {
        multiply(&a, 2);
    }
    for (; shift < 0; shift++) {
        multiply(&b, 2);
    }
    return compare(&a, &b) >= 0;
}

/* The decimal digits of JavaScript's print: digits * 10^exponent. */
static size_t read_digits(ps_str text, uint64_t *digits, int *exponent)
{
    size_t count = 0;
    int point = 0, ten = 0;
    bool behind = false, negative = false;
    *digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c == 'e') {
            for (i++; i < text.len; i++) {
                negative = negative || text.p[i] == '-';
                ten = text.p[i] < '0' ? ten : ten * 10 + (text.p[i] - '0');
            }
        } else if (c == '.') {
            behind = true;
        } else if (c >= '0') {
            *digits = *digits * 10 + (uint64_t)(c - '0');
            count += *digits != 0;
            point += behind;
        }
    }
    *exponent = (negative ? -ten : ten) - point;
    return count;
}

double ps_jx_round15(double n)
{
    double size = fabs(n);
    if (!isfinite(n) || size == floor(size)) {
        return n;
    }
    ps_buf text = {0};
    ps_double_print_js(size, &text);
    uint64_t digits;
    int exponent;
    size_t count = read_digits(ps_buf_str(&text), &digits, &exponent);
    if (count > DIGITS) {
        uint64_t unit = count == DIGITS + 1 ? 10 : 100;
        uint64_t down = digits / unit * unit, middle = down + unit / 2;
        bool up = digits == middle ? at_least(size, middle, exponent) : digits > middle;
        ps_buf_clear(&text);
        ps_buf_addf(&text, "%llue%d", (unsigned long long)(up ? down + unit : down), exponent);
        ps_value *v = ps_number(ps_buf_str(&text));
        n = copysign(ps_value_double(v), n);
        ps_value_unref(v);
    }
    ps_buf_free(&text);
    return n;
}

/* Few numbers have more digits than those that are wanted. */
static void print_number(double n, ps_buf *out)
{
    size_t at = out->len;
    ps_double_print_js(n, out);
    uint64_t digits;
    int exponent;
    ps_str text = {out->p + at, out->len - at};
    if (n != floor(n) && read_digits(text, &digits, &exponent) > DIGITS) {
        out->len = at;
        ps_double_print_js(ps_jx_round15(n), out);
    }
}

/* Texts up to this length are copied out of one buffer; longer ones keep theirs. */
enum { COPIED = 4096 };

/* -- JSON ------------------------------------------------------------------------------------- */

typedef struct printer {
    ps_jx_run *run;
    ps_buf *out;
    bool pretty;
    size_t indent;
} printer;

static void print(printer *p, ps_jx v);

/* A value shared many times over prints at any length: the bounds hold for the text too. */
static void check_room(printer *p, size_t more)
{
    if (more > p->run->bounds.bytes || p->out->len > p->run->bounds.bytes - more) {
        ps_jx_too_large(p->run);
    }
}

/* Escapes may make it several times as long, and cost more than plain text. */
static void print_string(printer *p, ps_str s)
{
    check_room(p, s.len);
    ps_jx_burn(p->run, s.len / 32);
    size_t before = p->out->len;
    ps_json_print_string(s, p->out);
    ps_jx_burn(p->run, (p->out->len - before - s.len) / 2);
}

static void new_line(printer *p)
{
    if (p->pretty) {
        ps_jx_burn(p->run, p->indent / 4);
        ps_buf_add_char(p->out, '\n');
        for (size_t i = 0; i < p->indent; i++) {
            ps_buf_add(p->out, PS_STR("  "));
        }
    }
}

static void open(printer *p, char bracket)
{
    if (p->indent == PS_MAX_DEPTH) {
        ps_jx_too_deep(p->run);
    }
    ps_buf_add_char(p->out, bracket);
    p->indent++;
}

static void shut(printer *p, char bracket, bool empty)
{
    p->indent--;
    if (!empty) {
        new_line(p);
    }
    ps_buf_add_char(p->out, bracket);
}

static void print_array(printer *p, ps_jx array)
{
    size_t count = ps_jx_count(array);
    open(p, '[');
    for (size_t i = 0; i < count; i++) {
        if (i) {
            ps_buf_add_char(p->out, ',');
        }
        new_line(p);
        print(p, ps_jx_at(array, i));
    }
    shut(p, ']', count == 0);
}

static void print_object(printer *p, ps_jx object)
{
    size_t count = ps_jx_member_count(object);
    bool empty = true;
    open(p, '{');
    for (size_t i = 0; i < count; i++) {
        ps_jx v = ps_jx_value_at(object, i);
        if (v.kind == PS_JX_UNDEFINED) {
            continue;
        }
        if (!empty) {
            ps_buf_add_char(p->out, ',');
        }
        empty = false;
        new_line(p);
        print_string(p, ps_jx_key_at(object, i));
        ps_buf_add(p->out, p->pretty ? PS_STR(": ") : PS_STR(":"));
        print(p, v);
    }
    shut(p, '}', empty);
}

static void print(printer *p, ps_jx v)
{
    check_room(p, 0);
    ps_jx_burn(p->run, 3);
    switch ((ps_jx_kind)v.kind) {
    case PS_JX_BOOL:
        ps_buf_add(p->out, v.b ? PS_STR("true") : PS_STR("false"));
        break;
    case PS_JX_NUMBER:
        if (ps_jx_is_numeric(p->run, v)) {
            print_number(ps_jx_double(v), p->out);
        } else {
            ps_buf_add(p->out, PS_STR("null"));
        }
        break;
    case PS_JX_STRING:
        print_string(p, ps_jx_str(v));
        break;
    case PS_JX_ARRAY:
        print_array(p, v);
        break;
    case PS_JX_OBJECT:
        print_object(p, v);
        break;
    case PS_JX_FUNCTION:
        ps_buf_add(p->out, PS_STR("\"\""));
        break;
    default:
        ps_buf_add(p->out, PS_STR("null"));
    }
}

void ps_jx_print(ps_jx_run *run, ps_jx v, bool pretty, ps_buf *out)
{
    printer p = {run, out, pretty, 0};
    if (v.kind == PS_JX_UNDEFINED || v.kind == PS_JX_FUNCTION) {
        return;
    }
    if (v.kind == PS_JX_STRING) {
        ps_str s = ps_jx_str(v);
        ps_jx_burn(run, s.len / 64);
        ps_buf_add(out, s);
        return;
    }
    if (v.kind == PS_JX_NUMBER && !isfinite(ps_jx_double(v))) {
        ps_jx_fields f = {.value = v};
        ps_jx_throw(run, "D3001", 0, &f);
    }
    if (ps_jx_flags(v) & PS_JX_OUTER_WRAPPER) {
        v = ps_jx_at(v, 0);
    }
    print(&p, v);
}

ps_jx ps_jx_printed(ps_jx_run *run, ps_jx v, bool pretty)
{
    if (!run->printed) {
        run->printed = ps_jx_scratch(run);
    }
    ps_buf *b = run->printed;
    ps_buf_clear(b);
    ps_jx_print(run, v, pretty, b);
    if (b->len <= COPIED) {
        return ps_jx_string(run, ps_buf_str(b));
    }
    run->printed = NULL;
    return ps_jx_text(run, b);
}
