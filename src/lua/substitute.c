/* substitute.c -- "${NAME}" in a definition's strings, as SAM's DefinitionSubstitutions.
 *
 * Keys stay, so places in the source text stay true. A name that is not given stays as it is
 * written. */
#include "lua/binding.h"
#include "value/json.h"

/* The name of the placeholder at the start of `s`, or an empty slice. */
static ps_str placeholder(ps_str s)
{
    if (!ps_str_starts(s, PS_STR("${"))) {
        return (ps_str){"", 0};
    }
    const char *end = memchr(s.p, '}', s.len);
    if (!end) {
        return (ps_str){"", 0};
    }
    return (ps_str){s.p + 2, (size_t)(end - s.p) - 2};
}

static void add_plain(const ps_value *v, ps_buf *out)
{
    if (ps_value_kind(v) == PS_STRING) {
        ps_buf_add(out, ps_value_str(v));
    } else {
        ps_json_print(v, out);
    }
}

static ps_value *in_string(const ps_value *string, const ps_value *set)
{
    ps_str s = ps_value_str(string);
    ps_str whole = placeholder(s);
    if (whole.len > 0 && whole.len + 3 == s.len) {
        const ps_value *v = ps_object_get(set, whole);
        return ps_value_ref(v ? v : string);
    }
    ps_buf out = {0};
    size_t copied = 0;
    for (size_t i = 0; i < s.len; i++) {
        const char *dollar = memchr(s.p + i, '$', s.len - i);
        if (!dollar) {
            break;
        }
        i = (size_t)(dollar - s.p);
        ps_str name = placeholder((ps_str){dollar, s.len - i});
        const ps_value *v = name.len > 0 ? ps_object_get(set, name) : NULL;
        if (v) {
            ps_buf_add(&out, (ps_str){s.p + copied, i - copied});
            add_plain(v, &out);
            copied = i + name.len + 3;
            i = copied - 1;
        }
    }
    if (copied == 0) {
        ps_buf_free(&out);
        return ps_value_ref(string);
    }
    ps_buf_add(&out, (ps_str){s.p + copied, s.len - copied});
    ps_value *v = ps_string(ps_buf_str(&out));
    ps_buf_free(&out);
    return v;
}

/* Recursion is bounded by PS_MAX_DEPTH, which every value keeps. */
static ps_value *in_value(const ps_value *v, const ps_value *set)
{
    size_t count;
    ps_value *copy;
    switch (ps_value_kind(v)) {
    case PS_STRING:
        return in_string(v, set);
    case PS_ARRAY:
        count = ps_value_count(v);
        copy = ps_array(count);
        for (size_t i = 0; i < count; i++) {
            ps_array_add_take(copy, in_value(ps_array_at(v, i), set));
        }
        return copy;
    case PS_OBJECT:
        count = ps_value_count(v);
        copy = ps_object(count);
        for (size_t i = 0; i < count; i++) {
            ps_object_set_take(copy, ps_value_ref(ps_object_key_at(v, i)),
                               in_value(ps_object_value_at(v, i), set));
        }
        return copy;
    default:
        return ps_value_ref(v);
    }
}

ps_value *ps_substitute_take(ps_value *definition, const ps_value *set)
{
    ps_value *v = in_value(definition, set);
    ps_value_unref(definition);
    return v;
}
