/* path_json.c -- JSON within filters, read as leniently as json-smart does: 'single quotes', bare
 * words for strings and keys, superfluous commas. */
#include "base/mem.h"
#include "expr/path_layout.h"

typedef struct reader {
    ps_str text;
    size_t at;
    size_t depth;
} reader;

static ps_value *read_value(reader *r);

static char peek(reader *r)
{
    while (r->at < r->text.len && memchr(" \t\r\n", r->text.p[r->at], 4)) {
        r->at++;
    }
    return r->at < r->text.len ? r->text.p[r->at] : '\0';
}

static ps_value *read_quoted(reader *r)
{
    size_t close = ps_path_unescaped(r->text, r->at, r->text.p[r->at]);
    if (close == PS_NOWHERE) {
        return NULL;
    }
    ps_value *v = ps_path_unescape((ps_str){r->text.p + r->at + 1, close - r->at - 1});
    r->at = close + 1;
    return v;
}

/* Up to the next delimiter, without spaces at the end. */
static ps_str read_bare(reader *r)
{
    size_t begin = r->at;
    while (r->at < r->text.len && !memchr(",:[]{}", r->text.p[r->at], 6)) {
        r->at++;
    }
    size_t end = r->at;
    while (end > begin && memchr(" \t\r\n", r->text.p[end - 1], 4)) {
        end--;
    }
    return (ps_str){r->text.p + begin, end - begin};
}

static ps_value *read_word(reader *r)
{
    ps_str word = read_bare(r);
    if (ps_str_equal(word, PS_STR("null"))) {
        return ps_null();
    }
    if (ps_str_equal(word, PS_STR("true")) || ps_str_equal(word, PS_STR("false"))) {
        return ps_bool(word.p[0] == 't');
    }
    ps_value *number = ps_path_number(word);
    return number ? number : word.len ? ps_string(word) : NULL;
}

static ps_value *read_array(reader *r)
{
    ps_value *array = ps_array(0);
    r->at++;
    for (char c = peek(r); c != ']'; c = peek(r)) {
        if (c == ',') {
            r->at++;
            continue;
        }
        ps_value *v = read_value(r);
        if (!v || (peek(r) != ',' && peek(r) != ']')) {
            ps_value_unref(v);
            ps_value_unref(array);
            return NULL;
        }
        ps_array_add_take(array, v);
    }
    r->at++;
    return array;
}

static ps_value *read_key(reader *r, char first)
{
    if (first == '"' || first == '\'') {
        return read_quoted(r);
    }
    ps_str word = read_bare(r);
    return word.len ? ps_string(word) : NULL;
}

static ps_value *read_object(reader *r)
{
    ps_value *object = ps_object(0);
    r->at++;
    for (char c = peek(r); c != '}'; c = peek(r)) {
        if (c == ',') {
            r->at++;
            continue;
        }
        ps_value *key = read_key(r, c);
        ps_value *v = NULL;
        if (key && peek(r) == ':') {
            r->at++;
            v = read_value(r);
        }
        if (!v || (peek(r) != ',' && peek(r) != '}')) {
            ps_value_unref(key);
            ps_value_unref(v);
            ps_value_unref(object);
            return NULL;
        }
        ps_object_set_take(object, key, v);
    }
    r->at++;
    return object;
}

static ps_value *read_value(reader *r)
{
    char c = peek(r);
    if (c == '"' || c == '\'') {
        return read_quoted(r);
    }
    if (c != '[' && c != '{') {
        return read_word(r);
    }
    if (r->depth == PS_MAX_PATH_NESTING) {
        return NULL;
    }
    r->depth++;
    ps_value *v = c == '[' ? read_array(r) : read_object(r);
    r->depth--;
    return v;
}

ps_value *ps_path_json(ps_str text)
{
    reader r = {.text = text};
    ps_value *v = read_value(&r);
    if (v && (peek(&r) != '\0' || r.at < text.len)) {
        ps_value_unref(v);
        v = NULL;
    }
    return v;
}
