/* check_value.c -- single values: kinds, ranges, enumerations, paths and templates. */
#include "asl/check_value.h"
#include "base/timetext.h"
#include "expr/path.h"
#include "expr/query.h"
#include "expr/template.h"

#include <math.h>

const ps_value *ps_check_get(const ps_value *object, const char *name)
{
    return ps_value_kind(object) == PS_OBJECT ? ps_object_get(object, ps_str_from(name)) : NULL;
}

ps_str ps_check_text(const ps_value *object, const char *name)
{
    const ps_value *v = ps_check_get(object, name);
    return v && ps_value_kind(v) == PS_STRING ? ps_value_str(v) : PS_STR("");
}

bool ps_check_language(const ps_value *object, bool inherited)
{
    const ps_value *v = ps_check_get(object, "QueryLanguage");
    if (!v) {
        return inherited;
    }
    return !(ps_value_kind(v) == PS_STRING && ps_str_equal(ps_value_str(v), PS_STR("JSONPath")));
}

/* {"Ref": ...}, {"Fn::...": ...}: a function of CloudFormation that was not worked out */
static bool is_function(const ps_value *v)
{
    if (ps_value_kind(v) != PS_OBJECT || ps_value_count(v) != 1) {
        return false;
    }
    ps_str name = ps_value_str(ps_object_key_at(v, 0));
    return ps_str_equal(name, PS_STR("Ref")) || ps_str_starts(name, PS_STR("Fn::"));
}

bool ps_check_placeholder(const ps_value *v)
{
    if (is_function(v)) {
        return true;
    }
    if (ps_value_kind(v) != PS_STRING) {
        return false;
    }
    ps_str s = ps_value_str(v);
    return s.len > 3 && ps_str_starts(s, PS_STR("${")) &&
           memchr(s.p, '}', s.len) == s.p + s.len - 1;
}

bool ps_check_jsonata(const ps_value *v)
{
    return ps_value_kind(v) == PS_STRING && ps_query_is(ps_value_str(v));
}

/* True where a value may be left unjudged: it is computed, or to be substituted. */
static bool computed(ps_walk *w, const ps_value *v)
{
    if (ps_check_placeholder(v)) {
        return true;
    }
    bool query = w->jsonata && ps_check_jsonata(v);
    if (query) {
        ps_check_query(w, ps_value_str(v));
    }
    return query;
}

bool ps_check_kind(ps_walk *w, const ps_value *v, ps_kind kind)
{
    static const char *const names[] = {
        [PS_NULL] = "NULL",     [PS_BOOL] = "BOOLEAN",   [PS_INT] = "NUMBER",
        [PS_DOUBLE] = "NUMBER", [PS_DECIMAL] = "NUMBER", [PS_STRING] = "STRING",
        [PS_ARRAY] = "ARRAY",   [PS_OBJECT] = "OBJECT",
    };
    if (ps_value_kind(v) == kind) {
        return true;
    }
    ps_walk_error(w, "Expected value of type [%s]", names[kind]);
    return false;
}

void ps_check_string(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (ps_check_kind(w, v, PS_STRING) && w->jsonata) {
        ps_check_query(w, ps_value_str(v));
    }
}

void ps_check_bool(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (!ps_check_placeholder(v)) {
        (void)ps_check_kind(w, v, PS_BOOL);
    }
}

void ps_check_object(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (!ps_check_placeholder(v)) {
        (void)ps_check_kind(w, v, PS_OBJECT);
    }
}

void ps_check_array(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (!computed(w, v)) {
        (void)ps_check_kind(w, v, PS_ARRAY);
    }
}

static void check_range(ps_walk *w, double n, const ps_field *f)
{
    if (n < f->min) {
        ps_walk_error(w, "Minimum value is %.0f", f->min);
    } else if (f->max > 0 && n > f->max) {
        ps_walk_error(w, "Maximum value is %.0f", f->max);
    }
}

void ps_check_integer(ps_walk *w, const ps_value *v, const ps_field *f)
{
    if (computed(w, v)) {
        return;
    }
    if (!ps_value_is_number(v) || floor(ps_value_double(v)) != ps_value_double(v)) {
        ps_walk_error(w, "Expected value of type Integer");
        return;
    }
    check_range(w, ps_value_double(v), f);
}

void ps_check_number(ps_walk *w, const ps_value *v, const ps_field *f)
{
    if (computed(w, v)) {
        return;
    }
    if (!ps_value_is_number(v)) {
        ps_walk_error(w, "Expected value of type [NUMBER]");
        return;
    }
    check_range(w, ps_value_double(v), f);
}

void ps_check_enum(ps_walk *w, const ps_value *v, const ps_field *f)
{
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_STRING)) {
        return;
    }
    ps_str s = ps_value_str(v), rest = ps_str_from(f->values);
    while (rest.len > 0) {
        const char *comma = memchr(rest.p, ',', rest.len);
        ps_str one = {rest.p, comma ? (size_t)(comma - rest.p) : rest.len};
        if (ps_str_equal(one, s)) {
            return;
        }
        size_t skip = comma ? one.len + 2 : one.len;
        rest = (ps_str){rest.p + skip, rest.len - skip};
    }
    ps_walk_error(w, "Value should be one of the following: [%s]", f->values);
}

void ps_check_timestamp(ps_walk *w, const ps_value *v, const ps_field *f)
{
    int64_t ms;
    (void)f;
    if (computed(w, v) || !ps_check_kind(w, v, PS_STRING)) {
        return;
    }
    if (!ps_time_parse(ps_value_str(v), &ms, NULL)) {
        ps_walk_error(w, "String does not match RFC3339 timestamp");
    }
}

/* The string as a path AWS would take; NULL where it is none. */
static ps_path *read_path(const ps_value *v)
{
    ps_error err;
    ps_path *p = ps_path_new(ps_value_str(v), &err);
    if (p && !ps_path_allowed(p)) {
        ps_path_free(p);
        return NULL;
    }
    return p;
}

void ps_check_path(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_STRING)) {
        return;
    }
    ps_path *p = read_path(v);
    if (!p) {
        ps_walk_error(w, "Value must be a valid JSONPath.");
    }
    ps_path_free(p);
}

void ps_check_nullable_path(ps_walk *w, const ps_value *v, const ps_field *f)
{
    if (ps_value_kind(v) != PS_NULL) {
        ps_check_path(w, v, f);
    }
}

void ps_check_reference(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_STRING)) {
        return;
    }
    ps_str s = ps_value_str(v);
    ps_path *p = read_path(v);
    if (!ps_str_starts(s, PS_STR("$"))) {
        ps_walk_error(w, "Value is not a Reference Path: Reference path didn't start with '$'");
    } else if (!p || !ps_path_definite(p)) {
        ps_walk_error(w, "Value is not a Reference Path: it must name exactly one node");
    }
    ps_path_free(p);
}

void ps_check_result_path(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    if (ps_value_kind(v) == PS_NULL || ps_check_placeholder(v) || !ps_check_kind(w, v, PS_STRING)) {
        return;
    }
    ps_str s = ps_value_str(v);
    ps_path *p = read_path(v);
    if (!ps_str_starts(s, PS_STR("$"))) {
        ps_walk_error(w, "Value is not a Reference Path: Reference path didn't start with '$'");
    } else if (p && ps_path_where(p) != PS_ROOT_INPUT) {
        ps_walk_error(w, "Value is not a Reference Path: a result cannot be put into the context "
                         "object or a variable");
    } else if (!p || !ps_path_reference(p)) {
        ps_walk_error(w, "Value is not a Reference Path: it must name exactly one node");
    }
    ps_path_free(p);
}

/* Whether a string can stand in a field "name.$". */
static bool is_expression(const ps_value *v)
{
    ps_error err;
    if (ps_value_kind(v) != PS_STRING) {
        return false;
    }
    ps_template *t = ps_template_expression(ps_value_str(v), &err);
    ps_template_free(t);
    return t != NULL;
}

void ps_check_expression(ps_walk *w, const ps_value *v, const ps_field *f)
{
    if (ps_check_placeholder(v) || !ps_check_kind(w, v, PS_STRING) || is_expression(v)) {
        return;
    }
    ps_walk_error(w,
                  "The value for the field '%.*s' must be a valid JSONPath or a valid intrinsic "
                  "function call",
                  PS_WORDS(f->name));
}

static void check_dynamic(ps_walk *w, const ps_value *object, ps_str key, const ps_value *v)
{
    ps_str plain = {key.p, key.len - 2};
    if (ps_object_get(object, plain)) {
        ps_walk_error(w, "The fields '%.*s' and '%.*s' stand for the same name", PS_WORDS(plain),
                      PS_WORDS(key));
    }
    if (!ps_check_placeholder(v) && !is_expression(v)) {
        ps_walk_error(w,
                      "The value for the field '%.*s' must be a valid JSONPath or a valid "
                      "intrinsic function call",
                      PS_WORDS(key));
    }
}

static void check_in_template(ps_walk *w, const ps_value *v)
{
    ps_kind kind = ps_value_kind(v);
    if (kind == PS_STRING && w->jsonata) {
        ps_check_query(w, ps_value_str(v));
    }
    if (kind != PS_ARRAY && kind != PS_OBJECT) {
        return;
    }
    for (size_t i = 0; i < ps_value_count(v); i++) {
        if (kind == PS_ARRAY) {
            ps_mark mark = ps_walk_enter_index(w, i);
            check_in_template(w, ps_array_at(v, i));
            ps_walk_leave(w, mark);
            continue;
        }
        ps_str key = ps_value_str(ps_object_key_at(v, i));
        const ps_value *member = ps_object_value_at(v, i);
        if (!w->jsonata && ps_str_ends(key, PS_STR(".$"))) {
            check_dynamic(w, v, key, member);
            continue;
        }
        ps_mark mark = ps_walk_enter(w, key);
        check_in_template(w, member);
        ps_walk_leave(w, mark);
    }
}

void ps_check_template(ps_walk *w, const ps_value *v, const ps_field *f)
{
    (void)f;
    check_in_template(w, v);
}
