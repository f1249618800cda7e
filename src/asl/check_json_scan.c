/* check_json_scan.c -- finds the first fault of a text that is no JSON, and Jackson's words for it.
 *
 * It follows Jackson's order of looking, for its messages name what it expected at that moment. */
#include "asl/check_json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define VALUES "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

typedef struct open_mark { /* an array or object that is not closed yet */
    char bracket;
    size_t at;
} open_mark;

typedef struct scanner {
    ps_str s;
    size_t at;
    open_mark *open;
    size_t depth, capacity;
    ps_buf *words; /* gets the message */
} scanner;

/* -- messages; each returns false, for scanning stops -------------------------------------------
 */

static void add_char(ps_buf *b, uint32_t c)
{
    char bytes[4];
    if (c < 0x20) {
        ps_buf_addf(b, "(CTRL-CHAR, code %u)", (unsigned)c);
        return;
    }
    ps_buf_add(b, PS_STR("'"));
    ps_buf_add(b, (ps_str){bytes, ps_utf8_put(c, bytes)});
    ps_buf_addf(b, "' (code %u", (unsigned)c);
    if (c > 255) {
        ps_buf_addf(b, " / 0x%x", (unsigned)c);
    }
    ps_buf_add_char(b, ')');
}

static bool say(scanner *sc, ps_str words)
{
    ps_buf_add(sc->words, words);
    return false;
}

/* The character at sc->at does not belong there. */
static bool unexpected(scanner *sc, const char *expected)
{
    uint32_t c = ps_utf8_next(sc->s, &sc->at);
    ps_buf_add(sc->words, PS_STR("Unexpected character ("));
    add_char(sc->words, c);
    ps_buf_addf(sc->words, "): %s", expected);
    return false;
}

static bool ended(scanner *sc)
{
    const open_mark *m = &sc->open[sc->depth - 1];
    ps_buf_addf(sc->words,
                "Unexpected end-of-input: expected close marker for %s (start marker at ",
                m->bracket == '[' ? "Array" : "Object");
    ps_jackson_place(sc->s, m->at, sc->words);
    return say(sc, PS_STR(")"));
}

static bool wrong_close(scanner *sc)
{
    const open_mark *m = &sc->open[sc->depth - 1];
    bool array = m->bracket == '[';
    ps_buf_addf(sc->words, "Unexpected close marker '%c': expected '%c' (for %s starting at ",
                sc->s.p[sc->at], array ? ']' : '}', array ? "Array" : "Object");
    sc->at++;
    ps_jackson_place(sc->s, m->at, sc->words);
    return say(sc, PS_STR(")"));
}

/* -- scanning ---------------------------------------------------------------------------------- */

static bool more(const scanner *sc)
{
    return sc->at < sc->s.len;
}

static char peek(const scanner *sc)
{
    return more(sc) ? sc->s.p[sc->at] : '\0';
}

static void skip_blanks(scanner *sc)
{
    while (more(sc) && memchr(" \t\r\n", peek(sc), 4)) {
        sc->at++;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '$' || ((unsigned char)c & 0x80);
}

static bool scan_escape(scanner *sc)
{
    char c = peek(sc);
    if (c == 'u') {
        sc->at++;
        for (int i = 0; i < 4; i++, sc->at++) {
            if (!more(sc)) {
                return say(sc, PS_STR("Unexpected end-of-input in character escape sequence"));
            }
            char h = peek(sc);
            if (!is_digit(h) && !(h >= 'a' && h <= 'f') && !(h >= 'A' && h <= 'F')) {
                return unexpected(sc, "expected a hex-digit for character escape sequence");
            }
        }
        return true;
    }
    if (more(sc) && memchr("\"\\/bfnrt", c, 8)) {
        sc->at++;
        return true;
    }
    if (!more(sc)) {
        return say(sc, PS_STR("Unexpected end-of-input in character escape sequence"));
    }
    uint32_t odd = ps_utf8_next(sc->s, &sc->at);
    ps_buf_add(sc->words, PS_STR("Unrecognized character escape "));
    add_char(sc->words, odd);
    return false;
}

static bool scan_string(scanner *sc, bool name)
{
    sc->at++;
    while (more(sc)) {
        char c = sc->s.p[sc->at];
        if (c == '"') {
            sc->at++;
            return true;
        }
        if ((unsigned char)c < 0x20) {
            sc->at++;
            ps_buf_addf(sc->words,
                        "Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped "
                        "using backslash to be included in %s",
                        c, name ? "name" : "string value");
            return false;
        }
        sc->at++;
        if (c == '\\' && !scan_escape(sc)) {
            return false;
        }
    }
    return say(sc, name ? PS_STR("Unexpected end-of-input in field name")
                        : PS_STR("Unexpected end-of-input: was expecting closing quote for a "
                                 "string value"));
}

static bool scan_number(scanner *sc)
{
    if (peek(sc) == '-') {
        sc->at++;
        if (!is_digit(peek(sc))) {
            return more(sc) ? unexpected(sc, "expected digit (0-9) to follow minus sign, for "
                                             "valid numeric value")
                            : say(sc, PS_STR("Unexpected end-of-input in numeric value"));
        }
    }
    if (peek(sc) == '0' && sc->at + 1 < sc->s.len && is_digit(sc->s.p[sc->at + 1])) {
        sc->at++;
        return say(sc, PS_STR("Invalid numeric value: Leading zeroes not allowed"));
    }
    while (is_digit(peek(sc))) {
        sc->at++;
    }
    if (peek(sc) == '.') {
        sc->at++;
        if (!is_digit(peek(sc))) {
            return more(sc) ? unexpected(sc, "Decimal point not followed by a digit")
                            : say(sc, PS_STR("Unexpected end-of-input in numeric value"));
        }
        while (is_digit(peek(sc))) {
            sc->at++;
        }
    }
    if (peek(sc) == 'e' || peek(sc) == 'E') {
        sc->at++;
        if (peek(sc) == '+' || peek(sc) == '-') {
            sc->at++;
        }
        if (!is_digit(peek(sc))) {
            return more(sc) ? unexpected(sc, "Exponent indicator not followed by a digit")
                            : say(sc, PS_STR("Unexpected end-of-input in numeric value"));
        }
        while (is_digit(peek(sc))) {
            sc->at++;
        }
    }
    return true;
}

/* null, true, false, or a word that is none of them. */
static bool scan_word(scanner *sc)
{
    size_t start = sc->at;
    while (more(sc) && in_word(peek(sc))) {
        sc->at++;
    }
    ps_str word = {sc->s.p + start, sc->at - start};
    if (ps_str_equal(word, PS_STR("null")) || ps_str_equal(word, PS_STR("true")) ||
        ps_str_equal(word, PS_STR("false"))) {
        return true;
    }
    size_t shown = 0; /* Jackson quotes 256 characters of it */
    for (size_t at = 0, count = 0; at < word.len && count < 256; count++) {
        (void)ps_utf8_next(word, &at);
        shown = at;
    }
    ps_buf_add(sc->words, PS_STR("Unrecognized token '"));
    ps_buf_add(sc->words, (ps_str){word.p, shown});
    return say(sc, PS_STR("': was expecting " VALUES));
}

static void push(scanner *sc)
{
    if (sc->depth == sc->capacity) {
        sc->capacity = ps_grow(sc->capacity, sc->depth + 1);
        sc->open = ps_realloc(sc->open, sc->capacity, sizeof *sc->open);
    }
    sc->open[sc->depth++] = (open_mark){sc->s.p[sc->at], sc->at};
    sc->at++;
}

/* A member's name and colon, where the innermost open container is an object. */
static bool scan_name(scanner *sc)
{
    if (peek(sc) != '"') {
        return unexpected(sc, "was expecting double-quote to start field name");
    }
    if (!scan_string(sc, true)) {
        return false;
    }
    skip_blanks(sc);
    if (!more(sc)) {
        return ended(sc);
    }
    if (peek(sc) != ':') {
        return unexpected(sc, "was expecting a colon to separate field name and value");
    }
    sc->at++;
    skip_blanks(sc);
    return more(sc) ? true : ended(sc);
}

/* A scalar, or the opening of a container. */
static bool scan_value(scanner *sc, bool *opened)
{
    char c = peek(sc);
    *opened = c == '{' || c == '[';
    if (*opened) {
        push(sc);
        return true;
    }
    if (c == '"') {
        return scan_string(sc, false);
    }
    if (c == '-' || is_digit(c)) {
        return scan_number(sc);
    }
    if (in_word(c)) {
        return scan_word(sc);
    }
    return unexpected(sc, "expected a valid value " VALUES);
}

/* Closers and the comma behind a value; false with words where they are wrong, and without where
 * the document is complete. */
static bool scan_after(scanner *sc)
{
    while (sc->depth > 0) {
        const open_mark *m = &sc->open[sc->depth - 1];
        bool array = m->bracket == '[';
        skip_blanks(sc);
        if (!more(sc)) {
            return ended(sc);
        }
        char c = peek(sc);
        if (c == ']' || c == '}') {
            if (c != (array ? ']' : '}')) {
                return wrong_close(sc);
            }
            sc->at++;
            sc->depth--;
            continue;
        }
        if (c != ',') {
            return unexpected(sc, array ? "was expecting comma to separate Array entries"
                                        : "was expecting comma to separate Object entries");
        }
        sc->at++;
        skip_blanks(sc);
        if (!more(sc)) {
            return ended(sc);
        }
        return array ? true : scan_name(sc);
    }
    return false;
}

static void scan(scanner *sc)
{
    bool opened;
    skip_blanks(sc);
    if (!more(sc)) {
        (void)say(sc, PS_STR("No content to map due to end-of-input"));
        return;
    }
    while (scan_value(sc, &opened)) {
        if (opened) {
            bool array = sc->open[sc->depth - 1].bracket == '[';
            skip_blanks(sc);
            if (!more(sc)) {
                (void)ended(sc);
                return;
            }
            if (peek(sc) != (array ? ']' : '}')) {
                if (!array && !scan_name(sc)) {
                    return;
                }
                continue;
            }
        }
        if (!scan_after(sc)) {
            return;
        }
    }
}

bool ps_jackson_scan(ps_str s, ps_buf *words, size_t *at)
{
    scanner sc = {.s = s, .words = words};
    size_t before = words->len;
    scan(&sc);
    ps_free(sc.open);
    *at = sc.at;
    return words->len > before;
}
