/* pattern_class.c -- the characters and character classes of JavaScript's regular expressions. */
#include "jsonata/pattern_class.h"

#include "base/hex.h"
#include "base/mem.h"
#include "base/utf8.h"

#define LAST 0x10ffff
/* Ranges of one class: PCRE2 would not take more. */
#define MAX_RANGES 4096

typedef struct range {
    uint32_t low, high;
} range;

typedef struct class
{
    range *p;
    size_t count, capacity;
    bool negated;
} class;

static const range digits[] = {{'0', '9'}};
static const range not_digits[] = {{0, '0' - 1}, {'9' + 1, LAST}};
static const range words[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const range not_words[] = {
    {0, '0' - 1}, {'9' + 1, 'A' - 1}, {'Z' + 1, '_' - 1}, {'_' + 1, 'a' - 1}, {'z' + 1, LAST}};
static const range spaces[] = {
    {'\t', '\r'},     {' ', ' '},       {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
    {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
static const range not_spaces[] = {{0, 8},           {0x0e, 0x1f},     {0x21, 0x9f},
                                   {0xa1, 0x167f},   {0x1681, 0x1fff}, {0x200b, 0x2027},
                                   {0x202a, 0x202e}, {0x2030, 0x205e}, {0x2060, 0x2fff},
                                   {0x3001, 0xfefe}, {0xff00, LAST}};

static void add(class *c, uint32_t low, uint32_t high)
{
    if (c->count == c->capacity) {
        c->capacity = ps_grow(c->capacity, c->count + 1);
        c->p = ps_realloc(c->p, c->capacity, sizeof *c->p);
    }
    c->p[c->count++] = (range){low, high};
}

static void add_set(class *c, int letter)
{
    static const struct {
        char letter;
        const range *p;
        size_t count;
    } sets[] = {
#define SET(letter, ranges) {letter, ranges, sizeof ranges / sizeof ranges[0]}
        SET('d', digits),    SET('D', not_digits), SET('w', words),
        SET('W', not_words), SET('s', spaces),     SET('S', not_spaces),
#undef SET
    };
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        for (size_t k = 0; sets[i].letter == letter && k < sets[i].count; k++) {
            add(c, sets[i].p[k].low, sets[i].p[k].high);
        }
    }
}

bool ps_pattern_is_set(int c)
{
    return c > 0 && strchr("dDwWsS", c) != NULL;
}

/* -- escapes ------------------------------------------------------------------------------------
 */

static int peek(const ps_pattern_reader *r, size_t ahead)
{
    size_t i = r->i + ahead;
    return i < r->text.len ? (unsigned char)r->text.p[i] : -1;
}

/* `count` hexadecimal digits from `ahead` on; -1 where there are fewer. */
static int32_t hex_at(const ps_pattern_reader *r, size_t ahead, size_t count)
{
    int32_t n = 0;
    for (size_t k = 0; k < count; k++) {
        int digit = peek(r, ahead + k) < 0 ? -1 : ps_hex_digit(peek(r, ahead + k));
        if (digit < 0) {
            return -1;
        }
        n = n * 16 + digit;
    }
    return n;
}

static uint32_t joined(uint32_t high, uint32_t low)
{
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

/* \0, \12, \377: octal digits, up to 255. */
static uint32_t octal(ps_pattern_reader *r)
{
    uint32_t n = 0;
    for (size_t k = 0; k < 3 && peek(r, 0) >= '0' && peek(r, 0) <= '7' && n < 32; k++) {
        n = n * 8 + (uint32_t)(peek(r, 0) - '0');
        r->i++;
    }
    return n;
}

static uint32_t unicode(ps_pattern_reader *r, uint32_t code)
{
    r->i += 4;
    if (code >= 0xd800 && code <= 0xdbff && peek(r, 0) == '\\' && peek(r, 1) == 'u') {
        int32_t low = hex_at(r, 2, 4);
        if (low >= 0xdc00 && low <= 0xdfff) {
            r->i += 6;
            return joined(code, (uint32_t)low);
        }
    }
    return code;
}

static bool controls(int c, bool in_class)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (in_class && ((c >= '0' && c <= '9') || c == '_'));
}

uint32_t ps_pattern_character(ps_pattern_reader *r, bool in_class)
{
    static const char names[] = "t\tn\nv\vf\fr\r";
    int c = peek(r, 1);
    const char *name = c > 0x20 ? strchr(names, c) : NULL;
    int32_t code;
    if (c == 'c' && !controls(peek(r, 2), in_class)) {
        r->i++;
        return '\\';
    }
    if (c >= '0' && c <= '7') {
        r->i++;
        return octal(r);
    }
    r->i += 2;
    if (name) {
        return (uint32_t)name[1];
    }
    switch (c) {
    case 'b': /* elsewhere than in a class it is no character */
        return '\b';
    case 'c':
        return (uint32_t)r->text.p[r->i++] & 31;
    case 'x':
        code = hex_at(r, 0, 2);
        r->i += code >= 0 ? 2 : 0;
        return code >= 0 ? (uint32_t)code : 'x';
    case 'u':
        code = hex_at(r, 0, 4);
        return code >= 0 ? unicode(r, (uint32_t)code) : 'u';
    default: /* itself */
        r->i--;
        return ps_utf8_next(r->text, &r->i);
    }
}

/* -- writing ------------------------------------------------------------------------------------
 */

static void put(ps_pattern_reader *r, const char *text)
{
    ps_buf_add(r->out, ps_str_from(text));
}

static void put_code(ps_pattern_reader *r, uint32_t code)
{
    char utf8[4];
    bool word = (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
                (code >= '0' && code <= '9');
    if (word || code >= 0xa0) {
        ps_buf_add(r->out, (ps_str){utf8, ps_utf8_put(code, utf8)});
    } else {
        ps_buf_addf(r->out, "\\x{%x}", (unsigned)code);
    }
}

/* To JavaScript these are no other case of k and s; to PCRE2 they are. */
static const struct {
    uint32_t lower, upper, foreign;
} strangers[] = {{'k', 'K', 0x212a}, {'s', 'S', 0x17f}};

void ps_pattern_literal(ps_pattern_reader *r, uint32_t code)
{
    for (size_t i = 0; r->ignore_case && i < sizeof strangers / sizeof strangers[0]; i++) {
        if (code == strangers[i].foreign) {
            ps_buf_addf(r->out, "(?-i:\\x{%x})", (unsigned)code);
            return;
        }
        if (code == strangers[i].lower || code == strangers[i].upper) {
            ps_buf_addf(r->out, "(?-i:[%c%c])", (char)strangers[i].lower, (char)strangers[i].upper);
            return;
        }
    }
    put_code(r, code);
}

static bool holds(const class *c, uint32_t code)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->p[i].low <= code && code <= c->p[i].high) {
            return true;
        }
    }
    return false;
}

/* The characters that PCRE2 would count in because of case, and JavaScript does not. */
static void find_strangers(const class *c, class *found)
{
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        bool ours = holds(c, strangers[i].lower) || holds(c, strangers[i].upper);
        bool foreign = holds(c, strangers[i].foreign);
        if (ours && !foreign) {
            add(found, strangers[i].foreign, strangers[i].foreign);
        } else if (foreign && !ours) {
            add(found, strangers[i].lower, strangers[i].lower);
            add(found, strangers[i].upper, strangers[i].upper);
        }
    }
}

/* Halves cannot stand in UTF-8: all of them together are every character outside the BMP. */
static void put_ranges(ps_pattern_reader *r, const class *c)
{
    for (size_t i = 0; i < c->count; i++) {
        uint32_t low = c->p[i].low;
        uint32_t high = c->p[i].high;
        if (low <= 0xd800 && high >= 0xdfff && high < LAST) {
            put(r, "\\x{10000}-\\x{10ffff}");
        }
        low = ps_pattern_surrogate(low) ? 0xe000 : low;
        high = ps_pattern_surrogate(high) ? 0xd7ff : high;
        if (low <= high) {
            put_code(r, low);
        }
        if (low < high) {
            put(r, "-");
            put_code(r, high);
        }
    }
}

static void put_class(ps_pattern_reader *r, const class *c)
{
    ps_buf ranges = {0};
    ps_buf *out = r->out;
    class others = {0};
    r->out = &ranges;
    put_ranges(r, c);
    r->out = out;
    if (ranges.len == 0) {
        put(r, c->negated ? "[\\x{0}-\\x{10ffff}]" : "(?!)");
        ps_buf_free(&ranges);
        return;
    }
    if (r->ignore_case) {
        find_strangers(c, &others);
    }
    if (others.count > 0) {
        put(r, c->negated ? "(?:(?-i:[" : "(?:(?-i:(?![");
        put_ranges(r, &others);
        put(r, c->negated ? "])|" : "]))");
    }
    put(r, c->negated ? "[^" : "[");
    ps_buf_add(r->out, ps_buf_str(&ranges));
    put(r, others.count > 0 ? "])" : "]");
    ps_free(others.p);
    ps_buf_free(&ranges);
}

/* -- reading classes ----------------------------------------------------------------------------
 */

/* One character of a class, or a set that is added at once: -1. */
static int64_t member(ps_pattern_reader *r, class *c)
{
    if (peek(r, 0) != '\\') {
        return (int64_t)ps_utf8_next(r->text, &r->i);
    }
    if (ps_pattern_is_set(peek(r, 1))) {
        add_set(c, peek(r, 1));
        r->i += 2;
        return -1;
    }
    if (peek(r, 1) < 0) {
        r->i++;
        return '\\';
    }
    return (int64_t)ps_pattern_character(r, true);
}

static bool refuse(ps_pattern_reader *r, const char *why)
{
    r->why = why;
    return false;
}

static bool read_member(ps_pattern_reader *r, class *c)
{
    int64_t low = member(r, c);
    int64_t high = low;
    if (peek(r, 0) == '-' && peek(r, 1) >= 0 && peek(r, 1) != ']') {
        r->i++;
        high = member(r, c);
        if (low < 0 || high < 0) { /* [\w-x]: no range */
            add(c, '-', '-');
            low = low < 0 ? high : low;
            high = low;
        }
    }
    if (high < low) {
        return refuse(r, "Range out of order in character class");
    }
    if (low >= 0) {
        add(c, (uint32_t)low, (uint32_t)high);
    }
    return c->count <= MAX_RANGES || refuse(r, "Regular expression too large");
}

/* Reads [...], or \d and the like. */
static bool read_class(ps_pattern_reader *r, class *c)
{
    if (peek(r, 0) == '\\') {
        member(r, c);
        return true;
    }
    r->i++;
    c->negated = peek(r, 0) == '^';
    r->i += c->negated;
    while (peek(r, 0) >= 0 && peek(r, 0) != ']') {
        if (!read_member(r, c)) {
            return false;
        }
    }
    if (peek(r, 0) < 0) {
        return refuse(r, "Unterminated character class");
    }
    r->i++;
    return true;
}

static bool within(const class *c, uint32_t low, uint32_t high)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->p[i].low < low || c->p[i].high > high) {
            return false;
        }
    }
    return c->count > 0 && !c->negated;
}

/* The second halves that follow, if any do: \udc00 or [\udc00-\udfff]. */
static bool read_second(ps_pattern_reader *r, class *low)
{
    size_t from = r->i;
    if (peek(r, 0) == '[') {
        if (!read_class(r, low)) {
            return false;
        }
    } else if (peek(r, 0) == '\\' && peek(r, 1) == 'u') {
        uint32_t code = ps_pattern_character(r, false);
        add(low, code, code);
    }
    if (!within(low, 0xdc00, 0xdfff)) {
        low->count = 0;
        r->i = from;
    }
    return true;
}

static bool join(ps_pattern_reader *r, const class *high, const class *low, class *both)
{
    for (size_t h = 0; h < high->count; h++) {
        if (low->count == 1 && low->p[0].low == 0xdc00 && low->p[0].high == 0xdfff) {
            add(both, joined(high->p[h].low, 0xdc00), joined(high->p[h].high, 0xdfff));
            continue;
        }
        for (uint32_t first = high->p[h].low; first <= high->p[h].high; first++) {
            for (size_t l = 0; l < low->count; l++) {
                add(both, joined(first, low->p[l].low), joined(first, low->p[l].high));
            }
            if (both->count > MAX_RANGES) {
                return refuse(r, "Regular expression too large");
            }
        }
    }
    return true;
}

/* A class of first halves: with the second ones behind it, it is a class of characters. */
static bool put_halves(ps_pattern_reader *r, const class *high)
{
    class low = {0};
    class both = {0};
    bool good = read_second(r, &low) && join(r, high, &low, &both);
    if (good) {
        put_class(r, both.count > 0 ? &both : high);
    }
    ps_free(low.p);
    ps_free(both.p);
    return good;
}

bool ps_pattern_class(ps_pattern_reader *r)
{
    class c = {0};
    bool good = read_class(r, &c);
    if (good && within(&c, 0xd800, 0xdbff)) {
        good = put_halves(r, &c);
    } else if (good) {
        put_class(r, &c);
    }
    ps_free(c.p);
    return good;
}

bool ps_pattern_half(ps_pattern_reader *r, uint32_t code)
{
    range one = {code, code};
    class c = {.p = &one, .count = 1};
    if (code <= 0xdbff) {
        return put_halves(r, &c);
    }
    put_class(r, &c);
    return true;
}
