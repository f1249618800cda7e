/* path_text.c -- what path_parse.c and path_filter_parse.c share: quotes, brackets, literals. */
#include "base/mem.h"
#include "base/utf8.h"
#include "expr/path_layout.h"

#include <math.h>

/* -- finding ------------------------------------------------------------------------------------
 */

size_t ps_path_unescaped(ps_str text, size_t from, char c)
{
    for (size_t at = from + 1; at < text.len; at++) {
        if (text.p[at] == '\\') {
            at++;
        } else if (text.p[at] == c) {
            return at;
        }
    }
    return PS_NOWHERE;
}

/* One string or regex is passed over at a time: what follows it directly is only looked at for
 * brackets, so `'a''b'` hides nothing twice. */
size_t ps_path_closing(ps_str text, size_t from, char open, char close, bool skip_regex)
{
    size_t depth = 1;
    for (size_t at = from + 1; at < text.len; at++) {
        char c = text.p[at];
        if (c == '\'' || c == '"') {
            at = ps_path_unescaped(text, at, c);
            if (at == PS_NOWHERE || ++at >= text.len) {
                return PS_NOWHERE;
            }
        }
        if (skip_regex && text.p[at] == '/') {
            at = ps_path_unescaped(text, at, '/');
            if (at == PS_NOWHERE || ++at >= text.len) {
                return PS_NOWHERE;
            }
        }
        if (text.p[at] == open) {
            depth++;
        } else if (text.p[at] == close && --depth == 0) {
            return at;
        }
    }
    return PS_NOWHERE;
}

/* -- strings -------------------------------------------------------------------------------------
 */

static bool read_hex(ps_str s, size_t at, uint32_t *out)
{
    uint32_t n = 0;
    for (size_t i = at; i < at + 4; i++) {
        char c = s.p[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 16;
        if (digit == 16) {
            return false;
        }
        n = n * 16 + digit;
    }
    *out = n;
    return true;
}

/* Adds the code point of \uXXXX, `*at` being at its digits; a surrogate without its other half, for
 * which UTF-8 has no form, becomes U+FFFD. */
static bool add_unicode(ps_str s, size_t *at, ps_buf *out)
{
    uint32_t code;
    uint32_t low;
    char bytes[4];
    if (s.len - *at < 4) {
        *at = s.len; /* an escape that the text cuts short is dropped */
        return true;
    }
    if (!read_hex(s, *at, &code)) {
        return false;
    }
    *at += 4;
    if (code >= 0xD800 && code < 0xDC00 && s.len - *at >= 6 && s.p[*at] == '\\' &&
        s.p[*at + 1] == 'u' && read_hex(s, *at + 2, &low) && low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        *at += 6;
    }
    if (code >= 0xD800 && code < 0xE000) {
        code = 0xFFFD;
    }
    ps_buf_add(out, (ps_str){bytes, ps_utf8_put(code, bytes)});
    return true;
}

static char escaped(char c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

ps_value *ps_path_unescape(ps_str quoted)
{
    if (!quoted.len || !memchr(quoted.p, '\\', quoted.len)) {
        return ps_string(quoted);
    }
    ps_buf out = {0};
    bool good = true;
    size_t at = 0;
    while (good && at < quoted.len) {
        char c = quoted.p[at++];
        if (c != '\\' || at == quoted.len) {
            ps_buf_add_char(&out, c);
        } else if (quoted.p[at] == 'u') {
            at++;
            good = add_unicode(quoted, &at, &out);
        } else {
            ps_buf_add_char(&out, escaped(quoted.p[at++]));
        }
    }
    ps_value *v = good ? ps_string(ps_buf_str(&out)) : NULL;
    ps_buf_free(&out);
    return v;
}

/* -- numbers -------------------------------------------------------------------------------------
 */

static size_t digits(ps_str s, size_t at)
{
    while (at < s.len && s.p[at] >= '0' && s.p[at] <= '9') {
        at++;
    }
    return at;
}

ps_value *ps_path_number(ps_str text)
{
    bool negative = text.len && text.p[0] == '-';
    size_t whole = negative || (text.len && text.p[0] == '+') ? 1 : 0;
    size_t whole_end = digits(text, whole);
    bool dot = whole_end < text.len && text.p[whole_end] == '.';
    size_t part = dot ? whole_end + 1 : whole_end;
    size_t part_end = dot ? digits(text, part) : part;
    size_t at = part_end;
    if (at < text.len && (text.p[at] == 'e' || text.p[at] == 'E')) {
        size_t power = at + 1;
        power += power < text.len && (text.p[power] == '-' || text.p[power] == '+') ? 1 : 0;
        at = digits(text, power);
        /* BigDecimal's exponent is an int */
        if (at == power || at - power > 9) {
            return NULL;
        }
    }
    if (at != text.len || (whole_end == whole && part_end == part)) {
        return NULL;
    }
    while (whole < whole_end && text.p[whole] == '0') {
        whole++;
    }
    ps_buf json = {0};
    if (negative) {
        ps_buf_add_char(&json, '-');
    }
    ps_buf_add(&json,
               whole == whole_end ? PS_STR("0") : (ps_str){text.p + whole, whole_end - whole});
    if (part_end > part) {
        ps_buf_add_char(&json, '.');
        ps_buf_add(&json, (ps_str){text.p + part, part_end - part});
    }
    ps_buf_add(&json, (ps_str){text.p + part_end, text.len - part_end});
    ps_value *v = ps_number(ps_buf_str(&json));
    ps_buf_free(&json);
    return v;
}

/* Splits a number's Java literal into digits without a point, and the power of ten they count. */
static int64_t split(ps_str literal, ps_buf *unscaled)
{
    int64_t power = 0;
    bool behind = false;
    for (size_t i = 0; i < literal.len; i++) {
        char c = literal.p[i];
        if (c == 'e' || c == 'E') {
            bool negative = literal.p[i + 1] == '-';
            int64_t n = 0;
            for (i += negative || literal.p[i + 1] == '+' ? 2 : 1; i < literal.len; i++) {
                n = n < INT32_MAX ? n * 10 + (literal.p[i] - '0') : n;
            }
            power += negative ? -n : n;
        } else if (c == '.') {
            behind = true;
        } else {
            /* a zero in front does not count as a digit, unless it is the only one */
            if (unscaled->len == 1 && unscaled->p[0] == '0') {
                ps_buf_clear(unscaled);
            }
            ps_buf_add_char(unscaled, c);
            power -= behind ? 1 : 0;
        }
    }
    return power;
}

static void print_scientific(ps_str unscaled, int64_t adjusted, ps_buf *out)
{
    ps_buf_add_char(out, unscaled.p[0]);
    if (unscaled.len > 1) {
        ps_buf_add_char(out, '.');
        ps_buf_add(out, (ps_str){unscaled.p + 1, unscaled.len - 1});
    }
    if (adjusted) {
        ps_buf_addf(out, "E%+lld", (long long)adjusted);
    }
}

static void print_plain(ps_str unscaled, int64_t power, ps_buf *out)
{
    int64_t whole = (int64_t)unscaled.len + power;
    size_t skip = whole > 0 ? (size_t)whole : 0;
    ps_buf_add(out, whole > 0 ? (ps_str){unscaled.p, skip} : PS_STR("0"));
    if (power < 0) {
        ps_buf_add_char(out, '.');
        for (int64_t i = whole; i < 0; i++) {
            ps_buf_add_char(out, '0');
        }
        ps_buf_add(out, (ps_str){unscaled.p + skip, unscaled.len - skip});
    }
}

/* BigDecimal.toString: plain when the power of ten is not positive and the first digit stands at
 * 10^-6 or above. */
void ps_path_number_print_literal(ps_str literal, ps_buf *out)
{
    ps_buf unscaled = {0};
    bool negative = literal.len && literal.p[0] == '-';
    if (negative) {
        literal = (ps_str){literal.p + 1, literal.len - 1};
    }
    int64_t power = split(literal, &unscaled);
    ps_str digits_only = ps_buf_str(&unscaled);
    int64_t adjusted = power + (int64_t)digits_only.len - 1;
    if (negative && !ps_str_equal(digits_only, PS_STR("0"))) {
        ps_buf_add_char(out, '-');
    }
    if (power > 0 || adjusted < -6) {
        print_scientific(digits_only, adjusted, out);
    } else {
        print_plain(digits_only, power, out);
    }
    ps_buf_free(&unscaled);
}

/* What Java reads as a double is printed as Double.toString has it; whole numbers of any length
 * stay exact. */
void ps_path_number_print(const ps_value *number, ps_buf *out)
{
    ps_buf literal = {0};
    ps_str text = ps_value_kind(number) == PS_DECIMAL ? ps_value_str(number) : PS_STR(".");
    if (ps_value_kind(number) == PS_INT) {
        ps_number_print(number, out);
        return;
    }
    if (memchr(text.p, '.', text.len) || memchr(text.p, 'e', text.len) ||
        memchr(text.p, 'E', text.len)) {
        double d = ps_value_double(number);
        if (isfinite(d)) {
            ps_double_print_java(d, &literal);
            text = ps_buf_str(&literal);
        }
    }
    ps_path_number_print_literal(text, out);
    ps_buf_free(&literal);
}
