/* lex.c -- cuts the text of an expression into tokens. */
#include "base/buf.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "jsonata/parser.h"
#include "jsonata/surrogate.h"

#include <math.h>

static const struct {
    ps_str text;
    int power;
} tokens[] = {
#define ROW(id, text, power) [PS_TOKEN_##id] = {{text, sizeof text - 1}, power},
    PS_TOKENS(ROW)
#undef ROW
};

ps_str ps_token_text(ps_token_kind kind)
{
    return tokens[kind].text;
}

int ps_token_power(ps_token_kind kind)
{
    return tokens[kind].power;
}

ps_value *ps_jx_number_value(double d)
{
    bool whole = fabs(d) < 9007199254740992.0 && floor(d) == d && !(d == 0 && signbit(d));
    return whole ? ps_int((int64_t)d) : ps_double(d);
}

ps_value *ps_token_value(const ps_token *t)
{
    switch (t->kind) {
    case PS_TOKEN_NUMBER:
        return ps_jx_number_value(t->number);
    case PS_TOKEN_CONSTANT:
        return t->text.p[0] == 'n' ? ps_null() : ps_bool(t->text.p[0] == 't');
    case PS_TOKEN_REGEX: /* an object without members of its own, in the reference */
        return ps_object(0);
    default:
        return ps_surrogates_string(t->text);
    }
}

/* The byte at `i`, or -1 behind the end. */
static int byte_at(const ps_parser *p, size_t i)
{
    return i < p->text.len ? (unsigned char)p->text.p[i] : -1;
}

static bool is_space(int c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* Whether `c` ends a name: the first byte of an operator. */
static bool is_stop(int c)
{
    return c > 0 && c < 0x80 && strchr(".[]{}(),@#;:?+-*/%|=<>^&!~", c) != NULL;
}

static bool take(ps_parser *p, ps_token_kind kind, size_t at, ps_str text)
{
    p->at = at;
    p->token = (ps_token){.kind = kind, .at = at, .text = text};
    return true;
}

/* -- what is skipped -------------------------------------------------------------------------- */

static bool skip(ps_parser *p)
{
    for (;;) {
        while (is_space(byte_at(p, p->at))) {
            p->at++;
        }
        if (byte_at(p, p->at) != '/' || byte_at(p, p->at + 1) != '*') {
            return true;
        }
        size_t from = p->at;
        size_t i = from + 2;
        while (i + 1 < p->text.len && !(p->text.p[i] == '*' && p->text.p[i + 1] == '/')) {
            i++;
        }
        if (i + 1 >= p->text.len) {
            return ps_parser_fail(p, "S0106", from);
        }
        p->at = i + 2;
    }
}

/* -- regular expressions ------------------------------------------------------------------------
 */

static void release_regex(void *p)
{
    ps_jx_regex_free(p);
}

static bool take_regex(ps_parser *p, size_t from, size_t end)
{
    if (end == from) {
        return ps_parser_fail(p, "S0301", end);
    }
    size_t i = end + 1;
    while (byte_at(p, i) == 'i' || byte_at(p, i) == 'm') {
        i++;
    }
    ps_str pattern = {p->text.p + from, end - from};
    ps_str flags = {p->text.p + end + 1, i - end - 1};
    ps_jx_regex *regex = ps_jx_regex_new(pattern, flags, i, p->err);
    if (!regex) {
        return ps_parser_fail_part(p);
    }
    ps_jx_own(p->e, release_regex, regex);
    take(p, PS_TOKEN_REGEX, i, (ps_str){pattern.p - 1, i - from + 1});
    p->token.regex = regex;
    return true;
}

/* p->at is at the opening '/'. A '/' within brackets of any kind does not close, and brackets are
 * only counted, as in the reference. */
static bool regex(ps_parser *p)
{
    size_t from = p->at + 1, backslashes = 0;
    ptrdiff_t depth = 0;
    for (size_t i = from; i < p->text.len; i++) {
        char c = p->text.p[i];
        bool escaped = p->text.p[i - 1] == '\\';
        if (c == '/' && depth == 0 && backslashes % 2 == 0) {
            return take_regex(p, from, i);
        }
        if ((c == '(' || c == '[' || c == '{') && !escaped) {
            depth++;
        }
        if ((c == ')' || c == ']' || c == '}') && !escaped) {
            depth--;
        }
        backslashes = c == '\\' ? backslashes + 1 : 0;
    }
    return ps_parser_fail(p, "S0302", p->text.len);
}

/* -- strings -------------------------------------------------------------------------------- */

/* A code unit of UTF-16 in the bytes of UTF-8: one that has lost its other half stays by itself,
 * and joins the half it follows. */
static void add_unit(ps_buf *out, uint32_t unit)
{
    if (unit >= 0xDC00 && unit <= 0xDFFF && out->len >= 3) {
        const unsigned char *high = (const unsigned char *)out->p + out->len - 3;
        if (high[0] == 0xED && high[1] >= 0xA0 && high[1] <= 0xAF) {
            uint32_t top = ((uint32_t)(high[1] & 0x0F) << 6) | (high[2] & 0x3F);
            unit = 0x10000 + (top << 10) + (unit - 0xDC00);
            out->len -= 3;
        }
    }
    out->len += ps_utf8_put(unit, ps_buf_reserve(out, 4));
}

/* \uXXXX, of which `at` is the 'u'; behind it, or 0. The reference takes fewer digits at the very
 * end of the text, and goes beyond that end: there the string is unterminated anyway. */
static size_t unicode_escape(ps_parser *p, size_t at, ps_buf *out)
{
    uint32_t unit = 0;
    for (size_t i = at + 1; i < at + 5; i++) {
        int digit = ps_hex_digit(byte_at(p, i));
        if (digit < 0 && (i < p->text.len || i == at + 1)) {
            ps_parser_fail(p, "S0104", at);
            return 0;
        }
        unit = unit * 16 + (digit < 0 ? 0 : (uint32_t)digit);
    }
    add_unit(out, unit);
    return at + 5;
}

/* What stands behind a backslash at `at`; behind it, or 0. */
static size_t escape(ps_parser *p, size_t at, ps_buf *out)
{
    static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    int c = byte_at(p, at);
    if (c == 'u') {
        return unicode_escape(p, at, out);
    }
    const char *name = c > 0 ? strchr(names, c) : NULL;
    if (!name) {
        size_t end = at;
        if (c >= 0) {
            ps_utf8_next(p->text, &end);
        }
        ps_value *token = ps_string((ps_str){p->text.p + at, end - at});
        ps_parser_fail_token_take(p, "S0103", at, token);
        return 0;
    }
    ps_buf_add_char(out, means[name - names]);
    return at + 1;
}

/* p->at is at the opening quote. */
static bool string(ps_parser *p)
{
    char quote = p->text.p[p->at];
    size_t from = p->at + 1, i = from;
    ps_buf out = {0};
    bool good = false;
    while (i < p->text.len && p->text.p[i] != quote) {
        if (p->text.p[i] == '\\') {
            ps_buf_add(&out, (ps_str){p->text.p + from, i - from});
            i = from = escape(p, i + 1, &out);
            if (i == 0) {
                goto done;
            }
        } else {
            i++;
        }
    }
    if (i >= p->text.len) {
        ps_parser_fail(p, "S0101", i);
        goto done;
    }
    ps_str text = {p->text.p + from, i - from};
    if (out.len > 0) {
        ps_buf_add(&out, text);
        text = ps_pool_copy(p->pool, ps_buf_str(&out));
    }
    good = take(p, PS_TOKEN_STRING, i + 1, text);
done:
    ps_buf_free(&out);
    return good;
}

/* -- numbers and names ------------------------------------------------------------------------ */

static size_t digits(const ps_parser *p, size_t i)
{
    while (is_digit(byte_at(p, i))) {
        i++;
    }
    return i;
}

static bool number(ps_parser *p)
{
    size_t i = byte_at(p, p->at) == '0' ? p->at + 1 : digits(p, p->at);
    if (byte_at(p, i) == '.' && is_digit(byte_at(p, i + 1))) {
        i = digits(p, i + 1);
    }
    if (byte_at(p, i) == 'e' || byte_at(p, i) == 'E') {
        int sign = byte_at(p, i + 1);
        size_t first = i + 1 + (sign == '+' || sign == '-');
        i = is_digit(byte_at(p, first)) ? digits(p, first) : i;
    }
    ps_str text = {p->text.p + p->at, i - p->at};
    ps_value *v = ps_number(text);
    double d = ps_value_double(v);
    ps_value_unref(v);
    if (!isfinite(d)) {
        return ps_parser_fail_token_take(p, "S0102", p->at, ps_string(text));
    }
    take(p, PS_TOKEN_NUMBER, i, text);
    p->token.number = d;
    return true;
}

static bool quoted_name(ps_parser *p)
{
    const char *from = p->text.p + p->at + 1;
    const char *end = memchr(from, '`', p->text.len - p->at - 1);
    if (!end) {
        return ps_parser_fail(p, "S0105", p->text.len);
    }
    ps_str name = {from, (size_t)(end - from)};
    return take(p, PS_TOKEN_NAME, p->at + name.len + 2, name);
}

static bool name(ps_parser *p)
{
    size_t i = p->at;
    while (i < p->text.len && !is_space(byte_at(p, i)) && !is_stop(byte_at(p, i))) {
        i++;
    }
    ps_str text = {p->text.p + p->at, i - p->at};
    if (text.p[0] == '$') {
        return take(p, PS_TOKEN_VARIABLE, i, (ps_str){text.p + 1, text.len - 1});
    }
    for (ps_token_kind kind = PS_TOKEN_AND; kind <= PS_TOKEN_IN; kind++) {
        if (ps_str_equal(text, tokens[kind].text)) {
            return take(p, kind, i, text);
        }
    }
    bool constant = ps_str_equal(text, PS_STR("true")) || ps_str_equal(text, PS_STR("false")) ||
                    ps_str_equal(text, PS_STR("null"));
    return take(p, constant ? PS_TOKEN_CONSTANT : PS_TOKEN_NAME, i, text);
}

/* -- operators ------------------------------------------------------------------------------ */

static bool operator(ps_parser *p)
{
    ps_str rest = {p->text.p + p->at, p->text.len - p->at};
    ps_token_kind found = PS_TOKEN_END;
    for (ps_token_kind kind = PS_TOKEN_DOT; kind <= PS_TOKEN_AMPERSAND; kind++) {
        if (ps_str_starts(rest, tokens[kind].text) &&
            (found == PS_TOKEN_END || tokens[kind].text.len > tokens[found].text.len)) {
            found = kind;
        }
    }
    if (found == PS_TOKEN_END) { /* a '!' or '~' by itself */
        return ps_parser_fail_token_take(p, "S0204", p->at + 1, ps_string((ps_str){rest.p, 1}));
    }
    return take(p, found, p->at + tokens[found].text.len, tokens[found].text);
}

bool ps_lex(ps_parser *p, bool infix)
{
    if (!skip(p)) {
        return false;
    }
    int c = byte_at(p, p->at);
    if (c < 0) {
        return take(p, PS_TOKEN_END, p->text.len, tokens[PS_TOKEN_END].text);
    }
    if (c == '/' && !infix) {
        return regex(p);
    }
    if (is_stop(c)) {
        return operator(p);
    }
    if (c == '"' || c == '\'') {
        return string(p);
    }
    if (is_digit(c)) {
        return number(p);
    }
    return c == '`' ? quoted_name(p) : name(p);
}
