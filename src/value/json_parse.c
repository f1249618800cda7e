/* json_parse.c -- JSON text to values, in one pass and without recursion.
 *
 * Finished values wait on one stack until their container ends, which then takes them all in one
 * allocation of the right size. Keys that come again share one string. */
#include "base/hex.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "value/escape.h"
#include "value/json.h"
#include "value/pointer_path.h"
#include "value/value_layout.h"

enum { OWN_VALUES = 128, OWN_FRAMES = 24, KEYS = 64, KEY_LEN = 64 };

/* A container that has begun. */
typedef struct frame {
    size_t base;     /* its first value on the stack; objects: key, value, key ... */
    size_t path_len; /* of its own pointer */
    bool is_object;
} frame;

typedef struct parser {
    const char *start, *p, *end;
    ps_error *err;
    bool merge;
    ps_value **values;
    size_t *marks; /* where values[i] began; read for keys and positions only */
    size_t count, capacity;
    frame *frames;
    size_t depth, frame_capacity;
    ps_pointer_path path;
    ps_buf scratch;
    ps_value *keys[KEYS]; /* recent keys by a cheap hash: a collision costs a copy, nothing else */
    ps_value *own_values[OWN_VALUES];
    size_t own_marks[OWN_VALUES];
    frame own_frames[OWN_FRAMES];
} parser;

/* -- errors ----------------------------------------------------------------------------------- */

static ps_status fail(parser *s, const char *expected)
{
    size_t at = (size_t)(s->p - s->start);
    if (s->p == s->end) {
        return ps_fail(s->err, PS_EINPUT, at, "expected %s, found the end of the text", expected);
    }
    unsigned char c = (unsigned char)*s->p;
    if (at == 0 && ps_str_starts((ps_str){s->p, (size_t)(s->end - s->p)}, PS_STR("\xEF\xBB\xBF"))) {
        return ps_fail(s->err, PS_EINPUT, at,
                       "expected %s, found a byte order mark: save the text as UTF-8 without one",
                       expected);
    }
    if (c < 0x20 || c >= 0x7F) {
        return ps_fail(s->err, PS_EINPUT, at, "expected %s, found the byte 0x%02X", expected, c);
    }
    return ps_fail(s->err, PS_EINPUT, at, "expected %s, found '%c'", expected, c);
}

static ps_status fail_at(parser *s, const char *at, const char *words)
{
    return ps_fail(s->err, PS_EINPUT, (size_t)(at - s->start), "%s", words);
}

/* -- stacks ----------------------------------------------------------------------------------- */

static void *move_out(void *old, void *own, size_t count, size_t capacity, size_t size)
{
    if (old != own) {
        return ps_realloc(old, capacity, size);
    }
    void *moved = ps_realloc(NULL, capacity, size);
    memcpy(moved, own, count * size);
    return moved;
}

static void push(parser *s, ps_value *v, const char *at)
{
    if (s->count == s->capacity) {
        size_t capacity = ps_grow(s->capacity, s->count + 1);
        s->values = move_out(s->values, s->own_values, s->count, capacity, sizeof *s->values);
        s->marks = move_out(s->marks, s->own_marks, s->count, capacity, sizeof *s->marks);
        s->capacity = capacity;
    }
    s->marks[s->count] = (size_t)(at - s->start);
    s->values[s->count++] = v;
}

static ps_status open_container(parser *s, bool is_object)
{
    if (s->depth == PS_MAX_DEPTH) {
        return ps_fail(s->err, PS_ELIMIT, (size_t)(s->p - s->start),
                       "nested deeper than %d containers", PS_MAX_DEPTH);
    }
    if (s->depth == s->frame_capacity) {
        size_t capacity = ps_grow(s->frame_capacity, s->depth + 1);
        s->frames = move_out(s->frames, s->own_frames, s->depth, capacity, sizeof *s->frames);
        s->frame_capacity = capacity;
    }
    s->frames[s->depth++] = (frame){s->count, s->path.text.len, is_object};
    s->p++;
    return PS_OK;
}

/* The innermost container has ended: its values become one. */
static ps_status close_container(parser *s)
{
    frame *f = &s->frames[s->depth - 1];
    size_t count = s->count - f->base, twice = 0;
    ps_value **from = s->values + f->base, *v;
    if (!f->is_object) {
        v = ps_array_from_take(from, count);
    } else {
        v = ps_object_from_take(from, count / 2, s->merge, &twice);
        if (!v) {
            ps_str key = ps_value_str(from[2 * twice]);
            int shown = key.len < 40 ? (int)key.len : 40;
            return ps_fail(s->err, PS_EINPUT, s->marks[f->base + 2 * twice],
                           "the key \"%.*s\" comes twice in an object", shown, key.p);
        }
    }
    s->count = f->base;
    s->depth--;
    s->p++;
    push(s, v, s->p);
    return PS_OK;
}

/* -- strings ----------------------------------------------------------------------------------- */

/* Four hexadecimal digits at s->p, which moves past them. */
static ps_status read_unit(parser *s, uint32_t *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = s->p < s->end ? ps_hex_digit(*s->p) : -1;
        if (digit < 0) {
            return fail(s, "four hexadecimal digits after \\u");
        }
        *unit = *unit << 4 | (uint32_t)digit;
        s->p++;
    }
    return PS_OK;
}

static ps_status read_unicode(parser *s, const char *escape)
{
    uint32_t code, low;
    if (read_unit(s, &code)) {
        return s->err->code;
    }
    if (code >= 0xD800 && code <= 0xDFFF) {
        if (code >= 0xDC00 || s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u') {
            return fail_at(s, escape, "a surrogate without its other half is no character");
        }
        s->p += 2;
        if (read_unit(s, &low)) {
            return s->err->code;
        }
        if (low < 0xDC00 || low > 0xDFFF) {
            return fail_at(s, escape, "a surrogate without its other half is no character");
        }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    s->scratch.len += ps_utf8_put(code, ps_buf_reserve(&s->scratch, 4));
    return PS_OK;
}

static ps_status read_escape(parser *s)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *escape = s->p++;
    if (s->p < s->end && *s->p == 'u') {
        s->p++;
        return read_unicode(s, escape);
    }
    const char *letter = s->p < s->end ? memchr(letters, *s->p, sizeof letters - 1) : NULL;
    if (!letter) {
        return fail(s, "one of \"\\/bfnrtu after a backslash");
    }
    ps_buf_add_char(&s->scratch, bytes[letter - letters]);
    s->p++;
    return PS_OK;
}

/* Reads a string, s->p at its quote. `*out` lies in the text where nothing is escaped, else in the
 * scratch buffer: it holds until the next string. */
static ps_status read_string(parser *s, ps_str *out, bool *escaped)
{
    ps_str text = {s->start, (size_t)(s->end - s->start)};
    const char *from = ++s->p;
    *escaped = false;
    s->scratch.len = 0;
    for (;;) {
        size_t at = ps_escape_find_ascii(text, (size_t)(s->p - s->start));
        bool ascii = at == text.len || (unsigned char)text.p[at] < 0x80;
        const char *stop = text.p + (ascii ? at : ps_escape_find(text, at));
        if (!ascii) {
            const char *wide = text.p + at;
            size_t len = (size_t)(stop - wide), bad = ps_utf8_check((ps_str){wide, len});
            if (bad != len) {
                return fail_at(s, wide + bad, "expected UTF-8 in a string");
            }
        }
        s->p = stop;
        if (stop == s->end || (unsigned char)*stop < 0x20) {
            return fail(s, "'\"' or more of a string");
        }
        if (*stop == '"') {
            break;
        }
        *escaped = true;
        ps_buf_add(&s->scratch, (ps_str){from, (size_t)(stop - from)});
        if (read_escape(s)) {
            return s->err->code;
        }
        from = s->p;
    }
    *out = (ps_str){from, (size_t)(s->p - from)};
    if (*escaped) {
        ps_buf_add(&s->scratch, *out);
        *out = ps_buf_str(&s->scratch);
    }
    s->p++;
    return PS_OK;
}

/* What was written without escapes is printed without. */
static ps_value *plain_string(ps_str text)
{
    ps_value *v = ps_text_new(PS_STRING, text.len, text.len + 2);
    memcpy(ps_as_text(v)->p, text.p, text.len);
    return v;
}

static ps_value *shared_key(parser *s, ps_str text)
{
    if (text.len == 0 || text.len > KEY_LEN) {
        return plain_string(text);
    }
    size_t hash = text.len * 31 + (unsigned char)text.p[0] * 7u +
                  (unsigned char)text.p[text.len - 1] * 13u + (unsigned char)text.p[text.len / 2];
    ps_value **slot = &s->keys[(hash ^ hash >> 6) % KEYS];
    if (!*slot || !ps_str_equal(ps_value_str(*slot), text)) {
        ps_value_set_take(slot, plain_string(text));
    }
    return ps_value_ref(*slot);
}

/* -- values ------------------------------------------------------------------------------------ */

static ps_status read_word(parser *s, ps_str word, ps_value *v)
{
    const char *at = s->p;
    for (size_t i = 0; i < word.len; i++, s->p++) {
        if (s->p == s->end || *s->p != word.p[i]) {
            char expected[16] = "\"";
            memcpy(expected + 1, word.p, word.len);
            expected[word.len + 1] = '"';
            return fail(s, expected);
        }
    }
    push(s, v, at);
    return PS_OK;
}

static bool take_digits(parser *s)
{
    const char *from = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9') {
        s->p++;
    }
    return s->p != from;
}

static ps_status read_number(parser *s)
{
    const char *at = s->p;
    s->p += *s->p == '-';
    const char *whole = s->p;
    if (!take_digits(s)) {
        return fail(s, "a digit after '-'");
    }
    if (*whole == '0' && s->p - whole > 1) {
        s->p = whole + 1;
        return fail(s, "no digit after a leading 0");
    }
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        if (!take_digits(s)) {
            return fail(s, "a digit after '.'");
        }
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        s->p += s->p < s->end && (*s->p == '+' || *s->p == '-');
        if (!take_digits(s)) {
            return fail(s, "a digit in the exponent");
        }
    }
    push(s, ps_number((ps_str){at, (size_t)(s->p - at)}), at);
    return PS_OK;
}

static ps_status read_text(parser *s)
{
    ps_str text;
    bool escaped;
    const char *at = s->p;
    if (read_string(s, &text, &escaped)) {
        return s->err->code;
    }
    push(s, escaped ? ps_string(text) : plain_string(text), at);
    return PS_OK;
}

static inline void skip_space(parser *s)
{
    while (s->p < s->end && (unsigned char)*s->p <= ' ' &&
           (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t')) {
        s->p++;
    }
}

/* A key and its colon, up to the value. */
static ps_status read_key(parser *s)
{
    ps_str text;
    bool escaped;
    const char *at = s->p;
    if (s->p == s->end || *s->p != '"') {
        return fail(s, "'\"' to begin a key");
    }
    if (read_string(s, &text, &escaped)) {
        return s->err->code;
    }
    ps_pointer_path_key(&s->path, s->frames[s->depth - 1].path_len, text);
    push(s, escaped ? ps_string(text) : shared_key(s, text), at);
    skip_space(s);
    if (s->p == s->end || *s->p != ':') {
        return fail(s, "':' after a key");
    }
    s->p++;
    skip_space(s);
    return PS_OK;
}

static void mark_value(parser *s)
{
    size_t at = (size_t)(s->p - s->start);
    bool member = s->depth && s->frames[s->depth - 1].is_object;
    ps_pointer_path_mark(&s->path, member ? s->marks[s->count - 1] : at, at);
}

/* Reads a scalar, or opens a container. */
static ps_status begin_value(parser *s)
{
    if (s->path.positions) {
        mark_value(s);
    }
    switch (s->p < s->end ? *s->p : '\0') {
    case '"':
        return read_text(s);
    case '{':
        return open_container(s, true);
    case '[':
        return open_container(s, false);
    case 't':
        return read_word(s, PS_STR("true"), ps_bool(true));
    case 'f':
        return read_word(s, PS_STR("false"), ps_bool(false));
    case 'n':
        return read_word(s, PS_STR("null"), ps_null());
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return read_number(s);
    default:
        return fail(s, "a value");
    }
}

/* After an opening bracket or a finished element: goes on to the next value of the innermost
 * container, or closes it. `*more`: there is a value to begin. */
static ps_status go_on(parser *s, bool *more)
{
    const frame *f = &s->frames[s->depth - 1];
    bool first = s->count == f->base;
    char close = f->is_object ? '}' : ']';
    skip_space(s);
    *more = false;
    if (s->p < s->end && *s->p == close) {
        return close_container(s);
    }
    if (!first) {
        if (s->p == s->end || *s->p != ',') {
            return fail(s, f->is_object ? "',' or '}' in an object" : "',' or ']' in an array");
        }
        s->p++;
        skip_space(s);
    }
    *more = true;
    if (f->is_object) {
        return read_key(s);
    }
    ps_pointer_path_index(&s->path, f->path_len, s->count - f->base);
    return PS_OK;
}

static ps_status read_document(parser *s)
{
    skip_space(s);
    bool more = true;
    do {
        if (more && begin_value(s)) {
            return s->err->code;
        }
        more = false;
        if (s->depth && go_on(s, &more)) {
            return s->err->code;
        }
    } while (s->depth || more);
    skip_space(s);
    return s->p == s->end ? PS_OK : fail(s, "nothing after the document");
}

const ps_json_options ps_json_payload = {.allow_duplicate_keys = true};

ps_value *ps_json_parse(ps_str text, const ps_json_options *options, ps_error *err)
{
    parser s;
    s.start = s.p = text.len ? text.p : "";
    s.end = s.start + text.len;
    s.err = err;
    s.merge = options && options->allow_duplicate_keys;
    s.values = s.own_values;
    s.marks = s.own_marks;
    s.count = s.depth = 0;
    s.capacity = OWN_VALUES;
    s.frames = s.own_frames;
    s.frame_capacity = OWN_FRAMES;
    s.path = (ps_pointer_path){.positions = options ? options->positions : NULL};
    s.scratch = (ps_buf){0};
    memset(s.keys, 0, sizeof s.keys);
    if (s.path.positions) {
        ps_positions_text(s.path.positions, text);
    }

    ps_status status = read_document(&s);
    ps_value *v = status == PS_OK ? s.values[--s.count] : NULL;

    for (size_t i = 0; i < s.count; i++) {
        ps_value_unref(s.values[i]);
    }
    for (size_t i = 0; i < KEYS; i++) {
        ps_value_unref(s.keys[i]);
    }
    if (s.values != s.own_values) {
        ps_free(s.values);
        ps_free(s.marks);
    }
    if (s.frames != s.own_frames) {
        ps_free(s.frames);
    }
    ps_buf_free(&s.path.text);
    ps_buf_free(&s.scratch);
    return v;
}
