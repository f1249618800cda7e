/* substitute.c -- fills the `${Name}` of a definition with values. */
#include "asl/substitute.h"
#include "value/json.h"

typedef struct filling {
    const ps_value *values;
    ps_value *missing;
    ps_value *told; /* names already in `missing` */
    size_t spent;   /* bytes of text made so far */
    ps_error *err;
} filling;

/* The next "${Name}" at or after *at: its start goes to *at, its end to *end. */
static bool find_placeholder(ps_str s, size_t *at, size_t *end)
{
    while (*at + 2 < s.len) {
        const char *dollar = memchr(s.p + *at, '$', s.len - *at);
        if (!dollar) {
            return false;
        }
        *at = (size_t)(dollar - s.p);
        if (*at + 2 < s.len && s.p[*at + 1] == '{') {
            const char *close = memchr(dollar, '}', s.len - *at);
            if (!close) {
                return false;
            }
            *end = (size_t)(close - s.p) + 1;
            return true;
        }
        ++*at;
    }
    return false;
}

static const ps_value *look_up(filling *f, ps_str name)
{
    const ps_value *v = ps_object_get(f->values, name);
    if (!v && f->missing && !ps_object_get(f->told, name)) {
        ps_object_put_take(f->told, name, ps_bool(true));
        ps_array_add_take(f->missing, ps_string(name));
    }
    return v;
}

static void add_text(ps_buf *b, const ps_value *v)
{
    if (ps_value_kind(v) == PS_STRING) {
        ps_buf_add(b, ps_value_str(v));
    } else {
        ps_json_print(v, b);
    }
}

/* The string with its placeholders as text; NULL over the limit. */
static ps_value *fill_text(filling *f, const ps_value *string)
{
    ps_str s = ps_value_str(string);
    ps_buf b = {0};
    size_t done = 0, at = 0, end = 0;
    while (find_placeholder(s, &at, &end)) {
        const ps_value *v = look_up(f, (ps_str){s.p + at + 2, end - at - 3});
        if (v) {
            ps_buf_add(&b, (ps_str){s.p + done, at - done});
            if (ps_value_bytes(v) > PS_SUBSTITUTE_BYTES - f->spent) {
                ps_fail(f->err, PS_ELIMIT, 0, "The substituted text is larger than %zu bytes",
                        PS_SUBSTITUTE_BYTES);
                ps_buf_free(&b);
                return NULL;
            }
            f->spent += ps_value_bytes(v);
            add_text(&b, v);
            done = end;
        }
        at = end;
    }
    if (done == 0) {
        return ps_value_ref(string);
    }
    ps_buf_add(&b, (ps_str){s.p + done, s.len - done});
    ps_value *filled = ps_string(ps_buf_str(&b));
    ps_buf_free(&b);
    return filled;
}

static ps_value *fill_string(filling *f, const ps_value *string)
{
    ps_str s = ps_value_str(string);
    size_t at = 0, end = 0;
    if (find_placeholder(s, &at, &end) && at == 0 && end == s.len) {
        const ps_value *v = look_up(f, (ps_str){s.p + 2, s.len - 3});
        return ps_value_ref(v ? v : string);
    }
    return fill_text(f, string);
}

static ps_value *fill(filling *f, const ps_value *v);

static ps_value *fill_array(filling *f, const ps_value *array)
{
    ps_value *out = ps_array(ps_value_count(array));
    for (size_t i = 0; i < ps_value_count(array); i++) {
        ps_value *v = fill(f, ps_array_at(array, i));
        if (!v) {
            ps_value_unref(out);
            return NULL;
        }
        ps_array_add_take(out, v);
    }
    return out;
}

static ps_value *fill_object(filling *f, const ps_value *object)
{
    ps_value *out = ps_object(ps_value_count(object));
    for (size_t i = 0; i < ps_value_count(object); i++) {
        ps_value *key = fill_text(f, ps_object_key_at(object, i));
        ps_value *v = key ? fill(f, ps_object_value_at(object, i)) : NULL;
        if (!v) {
            ps_value_unref(key);
            ps_value_unref(out);
            return NULL;
        }
        ps_object_set_take(out, key, v);
    }
    return out;
}

static ps_value *fill(filling *f, const ps_value *v)
{
    switch (ps_value_kind(v)) {
    case PS_STRING:
        return fill_string(f, v);
    case PS_ARRAY:
        return fill_array(f, v);
    case PS_OBJECT:
        return fill_object(f, v);
    default:
        return ps_value_ref(v);
    }
}

ps_value *ps_substitute(const ps_value *definition, const ps_value *values, ps_value *missing,
                        ps_error *err)
{
    filling f = {.values = values, .missing = missing, .err = err};
    if (ps_value_depth(definition) > PS_MAX_DEPTH) {
        ps_fail(err, PS_ELIMIT, 0, "The definition is nested deeper than %d", PS_MAX_DEPTH);
        return NULL;
    }
    f.told = ps_object(4);
    ps_value *out = fill(&f, definition);
    ps_value_unref(f.told);
    if (out && (ps_value_depth(out) > PS_MAX_DEPTH || ps_value_bytes(out) > PS_SUBSTITUTE_BYTES)) {
        ps_value_unref(out);
        ps_fail(err, PS_ELIMIT, 0,
                "The substituted definition is deeper than %d or larger than %zu", PS_MAX_DEPTH,
                PS_SUBSTITUTE_BYTES);
        return NULL;
    }
    return out;
}
